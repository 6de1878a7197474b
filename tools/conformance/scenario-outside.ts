/** What is outside of a scenario's kernel: an executor that follows a script, stores that fail, and the death of the process. */
import type { ActionExecutor } from '../../src/kernel/action-executor';
import {
  encodeAction,
  permanent,
  rateLimited,
  transient,
  type Action,
  type ActionResult,
} from '../../src/kernel/action';
import { KernelError } from '../../src/kernel/error';
import type { Event, SequencedEvent } from '../../src/kernel/event';
import { decodeEvent } from '../../src/kernel/event-wire';
import type { EventStore } from '../../src/kernel/event-store';
import type { RunId, Seq } from '../../src/kernel/identity';
import { encodeEffect, type EffectSink, type RuntimeEffect } from '../../src/kernel/runtime-effect';
import type { Snapshot, SnapshotStore } from '../../src/kernel/snapshot';
import { expand, type ActionsSetup, type Deed, type Faults, type ScriptedError, type ScriptedResult } from './scenario';

/** A process that can die: whoever called it then waits for ever, and only the runner hears of it. */
export class Process {
  #die: (message: string) => void = () => undefined;

  /** Runs it until it dies. A scenario may go on with a kernel whose process has died: then it lives once more. */
  live(): Promise<string> {
    return new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  dies<T>(message: string): Promise<T> {
    this.#die(message);
    return new Promise(() => undefined);
  }
}

/** Writes down what one kernel did to its outside. */
export class Diary {
  readonly #phase: number;
  readonly #deeds: Deed[];

  constructor(phase: number, deeds: Deed[]) {
    this.#phase = phase;
    this.#deeds = deeds;
  }

  write(runId: RunId, details: Omit<Deed, 'phase' | 'run_id'>): void {
    this.#deeds.push({ phase: this.#phase, run_id: runId, ...details });
  }
}

/** Writes down every effect. */
export class ScenarioEffects implements EffectSink {
  readonly #diary: Diary;

  constructor(diary: Diary) {
    this.#diary = diary;
  }

  record(runId: RunId, effect: RuntimeEffect): void {
    this.#diary.write(runId, { effect: encodeEffect(effect) });
  }
}

/** Answers the n-th call as the n-th line of the script says. */
export class ScenarioExecutor implements ActionExecutor {
  readonly #script: readonly ScriptedResult[];
  readonly #always: ScriptedResult | null;
  readonly #process: Process;
  readonly #diary: Diary;
  #calls = 0;

  constructor(setup: ActionsSetup, process: Process, diary: Diary) {
    this.#script = 'always' in setup ? [] : expand(setup);
    this.#always = 'always' in setup ? setup.always : null;
    this.#process = process;
    this.#diary = diary;
  }

  async execute(runId: RunId, action: Action): Promise<ActionResult> {
    const answer = this.#script[this.#calls] ?? this.#always;
    this.#calls += 1;
    this.#diary.write(runId, { call: this.#calls, action: encodeAction(action) });
    if (answer === null) throw new KernelError('Driver', 'missing scripted response');
    if ('Success' in answer) return { type: 'success', output: answer.Success };
    if ('Counter' in answer) return { type: 'success', output: { call: this.#calls } };
    if ('Failure' in answer) return { type: 'failure', error: answer.Failure };
    if ('Crash' in answer) return await this.#process.dies(`harness crash: ${answer.Crash}`);
    throw errorOf(answer.Err);
  }
}

function errorOf(error: ScriptedError): Error {
  if ('Driver' in error) return new KernelError('Driver', error.Driver);
  const { kind, message, retry_after_ms: retryAfterMs } = error.Executor;
  switch (kind) {
    case 'Transient':
      return transient(message);
    case 'Permanent':
      return permanent(message);
    case 'RateLimited':
      return Object.assign(rateLimited(message, 0), { retryAfterMs });
  }
}

/** An event store that fails or dies at the n-th append, or that somebody else appends to in between. */
export class FaultyEvents implements EventStore {
  readonly #inner: EventStore;
  readonly #faults: Faults;
  readonly #process: Process;
  #appends = 0;
  #headCalls = 0;

  constructor(inner: EventStore, faults: Faults, process: Process) {
    this.#inner = inner;
    this.#faults = faults;
    this.#process = process;
  }

  async append(runId: RunId, events: readonly Event[], expectedHead?: Seq | null): Promise<Seq> {
    this.#appends += 1;
    await this.#letOthersWrite(runId, events);
    if (this.#faults.append_error_on_call === this.#appends) {
      throw new KernelError('EventStore', 'injected append failure');
    }
    const head = await this.#inner.append(runId, events, expectedHead);
    if (this.#faults.crash_after_append_call === this.#appends) {
      return await this.#process.dies('harness crash after append');
    }
    return head;
  }

  async scan(runId: RunId, from: Seq): Promise<readonly SequencedEvent[]> {
    return await this.#inner.scan(runId, from);
  }

  async head(runId: RunId): Promise<Seq> {
    return await this.#inner.head(runId);
  }

  /**
   * The reference asks for the head before each append but that of a resume, and once more to make an action's id. Our
   * kernel never asks: it appends to the head that it knows.
   */
  async #letOthersWrite(runId: RunId, events: readonly Event[]): Promise<void> {
    const other = this.#faults.other_writer_after_head_call;
    const before = this.#headCalls;
    const first = events[0]?.type;
    if (first === 'Resumed') return;
    this.#headCalls += first === 'ActionRequested' ? 2 : 1;
    if (other === undefined || other.call <= before || other.call > this.#headCalls) return;
    await this.#inner.append(runId, other.append.map(decodeEvent));
  }
}

/**
 * A snapshot store that fails, or dies, at the n-th save. The reference saves a snapshot for each event that it reads again
 * when it restores a run: ours doesn't, but they are counted, so that the n-th save is the same in both.
 */
export class FaultySnapshots implements SnapshotStore {
  readonly #inner: EventStore & SnapshotStore;
  readonly #faults: Faults;
  readonly #process: Process;
  readonly #diary: Diary;
  #saves = 0;

  constructor(inner: EventStore & SnapshotStore, faults: Faults, process: Process, diary: Diary) {
    this.#inner = inner;
    this.#faults = faults;
    this.#process = process;
    this.#diary = diary;
  }

  async loadLatest(runId: RunId, atOrBefore?: Seq): Promise<Snapshot | null> {
    const latest = await this.#inner.loadLatest(runId, atOrBefore);
    this.#saves += Math.max(0, (await this.#inner.head(runId)) - (latest?.atSeq ?? 0));
    return latest;
  }

  async save(snapshot: Snapshot): Promise<void> {
    this.#saves += 1;
    if (this.#faults.snapshot_save_error_on_call === this.#saves) {
      throw new KernelError('SnapshotStore', 'injected snapshot failure');
    }
    if (this.#faults.crash_before_snapshot_save_call === this.#saves) {
      await this.#process.dies('harness crash before snapshot save');
    }
    this.#diary.write(snapshot.runId, { at_seq: snapshot.atSeq, state: snapshot.state });
    await this.#inner.save(snapshot);
  }

  async prune(runId: RunId, before: Seq): Promise<number> {
    return await this.#inner.prune(runId, before);
  }
}
