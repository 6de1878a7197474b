/**
 * Timeline forks: a run that goes on from another run's past, in its own way.
 *
 * Source: Oris kernel, `timeline_fork`. A branch has the source's events up to the fork point, then the alternate, if there is
 * one, and then what it does itself. Unlike in the reference, the alternate replaces what the source did after that point;
 * a point beyond the log and an alternate that can't follow there are errors; and the branch is written to the store, whole
 * or not at all. The source is read and never touched, so it may be running.
 *
 * What a branch's log looks like: as if the branch had lived through those events itself. Its seqs are the source's; its action
 * ids are its own (`{branch}-{seq}`), as the machine would have made them, so that the log can be replayed, verified and
 * driven on like any other; an action that is pending at the fork point is the branch's to do, under the branch's id, and
 * nothing outside can take it for the source's. Who really did an action of the shared part is told by the lineage: seq `n`
 * up to `forkPointSeq` is seq `n` of `sourceRunId`. Payloads, outputs and answers are copied to the letter, but for the
 * interrupt that a vote or a decision names, which is the branch's own too.
 *
 * What a log can't say is not in a branch: inputs that the source had not read yet, its cancel, who started it, and where a
 * step's batch ended. A fork inside a batch of state updates is a run whose next step sees the state between; one inside the
 * requests of several actions is a run that asked for those alone.
 */
import { spentAfter, NOTHING_SPENT, type Spent } from './budget';
import { KernelError, isKernelError } from './error';
import type { Event, SequencedEvent } from './event';
import { pagesOf } from './event-reader';
import type { EventStore } from './event-store';
import { alternateAt } from './fork-alternate';
import {
  actionIdOf,
  assertRunId,
  interruptIdOf,
  type ActionId,
  type InterruptId,
  type RunId,
  type Seq,
} from './identity';
import type { Json } from './json';
import type { Checkpoint } from './machine-input';
import { goesOnOf } from './machine-replay';
import { encodeResumption, resumptionIn } from './resumption';
import { startOf, type ReplayProgram } from './replay-program';
import { STEP, waitingAfter, type Waiting } from './waiting';

/** Where a branch comes from. */
export interface TimelineFork {
  readonly sourceRunId: RunId;
  readonly branchId: RunId;
  /** The last event that source and branch share; 0 when they share their start only. */
  readonly forkPointSeq: Seq;
  /** What happened in the branch instead of the source's next event, as its log has it; null when it just goes on. */
  readonly alternateEvent: Event | null;
}

/** What is asked of a fork. */
export interface ForkRequest {
  readonly sourceRunId: RunId;
  readonly branchId: RunId;
  readonly forkPointSeq: Seq;
  /** Default: none. */
  readonly alternateEvent?: Event | null;
  /** What the source started from; the branch starts from it too. */
  readonly initialState: unknown;
}

/** A branch. */
export interface ForkResult {
  readonly fork: TimelineFork;
  /** The state after the branch's last event. */
  readonly finalState: Json;
  /** All that a machine needs to go on with the branch. */
  readonly checkpoint: Checkpoint;
}

/** A branch that is not written yet. */
export interface Branch extends ForkResult {
  /** Its log: seq 1 and on. */
  readonly events: readonly Event[];
}

/**
 * The branch that a fork gives. Pure: it writes nothing.
 *
 * @param shared the source's events up to the fork point, from seq 1
 * @throws KernelError `InvalidRunId`, `InvalidInitialState`, `IllegalAlternate`, `InvalidAnswer`, `InvalidEvent`, `LogCorrupt`
 */
export function branchOf(program: ReplayProgram, shared: readonly SequencedEvent[], request: ForkRequest): Branch {
  const { sourceRunId, branchId, alternateEvent = null } = request;
  assertRunId(branchId);
  let state = startOf(program, request.initialState);
  let waiting = STEP;
  let spent: Spent = NOTHING_SPENT;
  const events: Event[] = [];
  const take = (event: Event): void => {
    const seq = events.push(event);
    state = program.reduce(state, event, seq);
    spent = spentAfter(spent, waiting, event);
    waiting = waitingAfter(branchId, { seq, event }, waiting, goesOnOf(program));
  };
  const renamed: Renamed = { actions: new Map(), interruptId: null };
  for (const sequenced of shared) take(asOfBranch(branchId, sequenced, renamed));
  const alternate =
    alternateEvent === null
      ? null
      : alternateAt(program, waiting, sourceIdOf(waiting, renamed.actions), alternateEvent);
  if (alternate !== null) take(alternate);
  return {
    fork: { sourceRunId, branchId, forkPointSeq: shared.length, alternateEvent: alternate },
    finalState: state,
    checkpoint: {
      runId: branchId,
      head: events.length,
      state,
      waiting,
      inbox: [],
      signals: [],
      cancelling: false,
      spent,
    },
    events,
  };
}

/** Forks runs. */
export class TimelineForker {
  readonly #events: EventStore;
  readonly #program: ReplayProgram;

  constructor({ events, program }: { readonly events: EventStore; readonly program: ReplayProgram }) {
    this.#events = events;
    this.#program = program;
  }

  /**
   * Forks a run and writes the branch, in one append that expects a run without events.
   *
   * @throws KernelError as {@link branchOf}; `RunNotFound`; `SeqBeyondLog` for a fork point that the source does not have;
   *   `RunAlreadyStarted` when the branch exists. Nothing is written then.
   */
  async fork(request: ForkRequest): Promise<ForkResult> {
    const { sourceRunId, forkPointSeq } = request;
    const isSeq = Number.isSafeInteger(forkPointSeq) && forkPointSeq >= 0;
    const shared = isSeq ? await this.#read(sourceRunId, forkPointSeq) : [];
    if (!isSeq || shared.length < forkPointSeq) {
      throw new KernelError('SeqBeyondLog', `run ${sourceRunId} has no seq ${forkPointSeq} to fork it at`);
    }
    return await this.#write(branchOf(this.#program, shared, request));
  }

  /**
   * Writes a branch that shares the whole log, as far as it goes now.
   *
   * @throws KernelError as {@link fork}
   */
  async cloneTimeline(sourceRunId: RunId, branchId: RunId, initialState: unknown): Promise<ForkResult> {
    const shared = await this.#read(sourceRunId, Number.MAX_SAFE_INTEGER);
    const request = { sourceRunId, branchId, forkPointSeq: shared.length, initialState };
    return await this.#write(branchOf(this.#program, shared, request));
  }

  /** The events of a run up to a seq. */
  async #read(runId: RunId, upTo: Seq): Promise<readonly SequencedEvent[]> {
    const events: SequencedEvent[] = [];
    let exists = false;
    for await (const page of pagesOf(this.#events, runId, 1)) {
      exists = true;
      for (const sequenced of page) if (sequenced.seq <= upTo) events.push(sequenced);
      if (events.length >= upTo) break;
    }
    if (exists) return events;
    throw new KernelError('RunNotFound', `run ${runId} has no events`);
  }

  async #write({ fork, finalState, checkpoint, events }: Branch): Promise<ForkResult> {
    try {
      await this.#events.append(fork.branchId, events, 0);
    } catch (error) {
      if (!isKernelError(error, 'HeadConflict')) throw error;
      throw new KernelError('RunAlreadyStarted', `run ${fork.branchId} exists: a branch is a new run`, {
        cause: error,
      });
    }
    return { fork, finalState, checkpoint };
  }
}

/** The branch's ids by the source's, of the actions that have no result yet. */
type ActionIds = Map<ActionId, ActionId>;

/** What of the source's log is named otherwise in the branch's. */
interface Renamed {
  readonly actions: ActionIds;
  /** The interrupt that votes may speak of: the last one. */
  interruptId: InterruptId | null;
}

function asOfBranch(branchId: RunId, { seq, event }: SequencedEvent, renamed: Renamed): Event {
  const ids = renamed.actions;
  switch (event.type) {
    case 'Interrupted':
      renamed.interruptId = interruptIdOf(branchId, seq);
      return event;
    case 'Resumed':
      return { type: 'Resumed', value: ofInterrupt(event.value, renamed.interruptId) };
    case 'ActionRequested': {
      const actionId = actionIdOf(branchId, seq);
      ids.set(event.actionId, actionId);
      return { ...event, actionId };
    }
    case 'ActionSucceeded':
    case 'ActionFailed': {
      const actionId = ids.get(event.actionId);
      if (actionId === undefined) {
        throw new KernelError('LogCorrupt', `event ${seq} is the result of ${event.actionId}, which is not under way`, {
          seq,
        });
      }
      ids.delete(event.actionId);
      return { ...event, actionId };
    }
    default:
      return event;
  }
}

/** A vote, or what came of votes, for the branch's own interrupt; any other value as it is. */
function ofInterrupt(value: Json, interruptId: InterruptId | null): Json {
  const resumption = resumptionIn(value);
  if (resumption === null || interruptId === null) return value;
  switch (resumption.type) {
    case 'vote':
      return encodeResumption({ type: 'vote', vote: { ...resumption.vote, interruptId } });
    case 'decision':
      return encodeResumption({ type: 'decision', decision: { ...resumption.decision, interruptId } });
    case 'approval':
      return encodeResumption({ type: 'approval', approval: { ...resumption.approval, interruptId } });
    case 'escalated':
      return encodeResumption({ type: 'escalated', escalated: { ...resumption.escalated, interruptId } });
    case 'steer':
    case 'pause':
    case 'unpause':
      return value;
  }
}

function sourceIdOf(waiting: Waiting, ids: ActionIds): ActionId | null {
  if (waiting.for !== 'action') return null;
  return [...ids].find(([, actionId]) => actionId === waiting.actionId)?.[0] ?? null;
}
