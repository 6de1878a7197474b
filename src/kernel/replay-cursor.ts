/**
 * The replay cursor: gives the states of a run from its log, and can do nothing else.
 *
 * Source: Oris kernel, `replay_cursor`. It has no executor and no `step`: results of actions are in the log, and `reduce`
 * applies them. Unlike in the reference, a gap in the log and a snapshot that does not fit it are errors, and a long log is
 * read page by page.
 */
import type { SequencedEvent } from './event';
import { pagesOf, type EventReader } from './event-reader';
import type { RunId, Seq } from './identity';
import { sealJson, type Json } from './json';
import { startOf, type ReplayProgram } from './replay-program';
import { snapshotBeyondLog, type Snapshot, type SnapshotStore } from './snapshot';

/** What a replay cursor is made of. */
export interface ReplayCursorParts {
  readonly events: EventReader;
  readonly snapshots?: Pick<SnapshotStore, 'loadLatest'>;
  readonly program: ReplayProgram;
}

/** One event of a replay, and the state after it. */
export interface ReplayStep {
  readonly sequenced: SequencedEvent;
  readonly state: Json;
}

/** Replays runs. */
export class ReplayCursor {
  readonly #parts: ReplayCursorParts;

  constructor(parts: ReplayCursorParts) {
    this.#parts = parts;
  }

  /**
   * The state that the whole log gives; of a run without events, its initial state.
   *
   * @throws KernelError `InvalidInitialState`, `LogCorrupt`; those of `reduce` and of the store
   */
  async replay(runId: RunId, initialState: unknown): Promise<Json> {
    return await this.#fold(startOf(this.#parts.program, initialState), pagesOf(this.#parts.events, runId, 1));
  }

  /**
   * The state that a snapshot and the log after it give.
   *
   * @throws KernelError `SnapshotCorrupt` when the log has no event where the snapshot stands
   */
  async replayFrom(snapshot: Snapshot): Promise<Json> {
    const { runId, atSeq } = snapshot;
    const { events, program } = this.#parts;
    let after = sealJson(snapshot.state);
    if (atSeq === 0) return await this.#fold(after, pagesOf(events, runId, 1));
    let isInLog = false;
    // The event that the snapshot stands at is read too: only that shows that the log reaches so far.
    for await (const page of pagesOf(events, runId, atSeq)) {
      after = reduceAll(program, after, isInLog ? page : page.slice(1));
      isInLog = true;
    }
    if (isInLog) return after;
    throw snapshotBeyondLog({ runId, atSeq });
  }

  /** The state that the latest snapshot and the log after it give; without a snapshot, as {@link replay}. */
  async replayFromCheckpoint(runId: RunId, initialState: unknown): Promise<Json> {
    const snapshot = (await this.#parts.snapshots?.loadLatest(runId)) ?? null;
    return snapshot === null ? await this.replay(runId, initialState) : await this.replayFrom(snapshot);
  }

  /**
   * Steps through a log, one event at a time.
   *
   * @param initialState the state just before `from`: the run's initial state, or a snapshot's
   * @param from the seq of the first event
   */
  steps(runId: RunId, initialState: unknown, from: Seq = 1): ReplaySteps {
    const { events, program } = this.#parts;
    const start = from === 1 ? startOf(program, initialState) : sealJson(initialState);
    return new ReplaySteps(program, start, pagesOf(events, runId, from));
  }

  async #fold(from: Json, pages: AsyncIterable<readonly SequencedEvent[]>): Promise<Json> {
    let state = from;
    for await (const page of pages) state = reduceAll(this.#parts.program, state, page);
    return state;
  }
}

/** A walk through a log: `for await`, or `next()` by hand. It ends at the first error. */
export class ReplaySteps implements AsyncIterableIterator<ReplayStep, undefined, undefined> {
  readonly #walk: AsyncGenerator<ReplayStep, undefined, undefined>;
  #state: Json;

  constructor(program: ReplayProgram, from: Json, pages: AsyncIterable<readonly SequencedEvent[]>) {
    this.#state = from;
    this.#walk = this.#walkThrough(program, pages);
  }

  /** The state after the last step that was taken; before the first, the state that the walk starts from. */
  get currentState(): Json {
    return this.#state;
  }

  /**
   * Takes the next step. Calls that do not wait for each other take their steps one after the other.
   *
   * @throws KernelError `LogCorrupt`; those of `reduce` and of the store
   */
  async next(): Promise<IteratorResult<ReplayStep, undefined>> {
    return await this.#walk.next();
  }

  /** Ends the walk: `for await` calls it when it is left early. */
  async return(): Promise<IteratorResult<ReplayStep, undefined>> {
    return await this.#walk.return(undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async *#walkThrough(
    program: ReplayProgram,
    pages: AsyncIterable<readonly SequencedEvent[]>,
  ): AsyncGenerator<ReplayStep, undefined, undefined> {
    for await (const page of pages) {
      for (const sequenced of page) {
        this.#state = program.reduce(this.#state, sequenced.event, sequenced.seq);
        yield { sequenced, state: this.#state };
      }
    }
    return undefined;
  }
}

function reduceAll(program: ReplayProgram, from: Json, events: readonly SequencedEvent[]): Json {
  return events.reduce((state, { event, seq }) => program.reduce(state, event, seq), from);
}
