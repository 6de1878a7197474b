/** What is outside of a scenario's kernel: an executor that follows a script, stores that fail, and the death of the process. */
import type { ActionExecutor } from '../../../src/kernel/action-executor';
import { permanent, rateLimited, transient, type ActionResult } from '../../../src/kernel/action';
import { KernelError } from '../../../src/kernel/error';
import type { Event, SequencedEvent } from '../../../src/kernel/event';
import type { EventStore } from '../../../src/kernel/event-store';
import type { RunId, Seq } from '../../../src/kernel/identity';
import type { Snapshot, SnapshotStore } from '../../../src/kernel/snapshot';
import { expand, type ActionsSetup, type Faults, type ScriptedError, type ScriptedResult } from './scenario';

/** A process that can die: whoever called it then waits for ever, and only the runner hears of it. */
export class Process {
  readonly death: Promise<string>;
  #die: (message: string) => void = () => undefined;

  constructor() {
    this.death = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  dies<T>(message: string): Promise<T> {
    this.#die(message);
    return new Promise(() => undefined);
  }
}

/** Answers the n-th call as the n-th line of the script says. */
export class ScenarioExecutor implements ActionExecutor {
  readonly #script: readonly ScriptedResult[];
  readonly #always: ScriptedResult | null;
  readonly #process: Process;
  #calls = 0;

  constructor(setup: ActionsSetup, process: Process) {
    this.#script = 'always' in setup ? [] : expand(setup);
    this.#always = 'always' in setup ? setup.always : null;
    this.#process = process;
  }

  async execute(): Promise<ActionResult> {
    const answer = this.#script[this.#calls] ?? this.#always;
    this.#calls += 1;
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

/** An event store that fails, or dies, at the n-th append. */
export class FaultyEvents implements EventStore {
  readonly #inner: EventStore;
  readonly #faults: Faults;
  readonly #process: Process;
  #appends = 0;

  constructor(inner: EventStore, faults: Faults, process: Process) {
    this.#inner = inner;
    this.#faults = faults;
    this.#process = process;
  }

  async append(runId: RunId, events: readonly Event[], expectedHead?: Seq | null): Promise<Seq> {
    this.#appends += 1;
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
}

/** A snapshot store that fails, or dies, at the n-th save. */
export class FaultySnapshots implements SnapshotStore {
  readonly #inner: SnapshotStore;
  readonly #faults: Faults;
  readonly #process: Process;
  #saves = 0;

  constructor(inner: SnapshotStore, faults: Faults, process: Process) {
    this.#inner = inner;
    this.#faults = faults;
    this.#process = process;
  }

  async loadLatest(runId: RunId, atOrBefore?: Seq): Promise<Snapshot | null> {
    return await this.#inner.loadLatest(runId, atOrBefore);
  }

  async save(snapshot: Snapshot): Promise<void> {
    this.#saves += 1;
    if (this.#faults.snapshot_save_error_on_call === this.#saves) {
      throw new KernelError('SnapshotStore', 'injected snapshot failure');
    }
    if (this.#faults.crash_before_snapshot_save_call === this.#saves) {
      await this.#process.dies('harness crash before snapshot save');
    }
    await this.#inner.save(snapshot);
  }
}
