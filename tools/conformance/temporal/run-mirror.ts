/** A run of a scenario as its mirror has it: its log, held against the states that the workflow vouched for. */
import type { Client } from '@temporalio/client';
import { isKernelError } from '../../../src/kernel/error';
import type { SequencedEvent } from '../../../src/kernel/event';
import { hashOf } from '../../../src/kernel/hash';
import type { RunId, Seq } from '../../../src/kernel/identity';
import type { Json } from '../../../src/kernel/json';
import type { LogStep } from '../../../src/kernel/log-store';
import type { Snapshot } from '../../../src/kernel/snapshot';
import { Mirror } from '../../../src/mirror';
import { MemoryStore } from '../../../src/stores/memory-store';
import type { RunProgram } from './run-program';

/** A store that tells of the snapshots which a mirror saves. */
export class ToldStore extends MemoryStore {
  readonly #told: (snapshot: Snapshot) => void;

  constructor(told: (snapshot: Snapshot) => void) {
    super();
    this.#told = told;
  }

  override async writeStep(step: LogStep): Promise<void> {
    await super.writeStep(step);
    step.snapshots.forEach(this.#told);
  }
}

export class RunMirror {
  readonly store: MemoryStore;
  readonly #runId: RunId;
  readonly #program: RunProgram;
  readonly #mirror: Mirror;

  constructor(client: Client, program: RunProgram, runId: RunId, told: (snapshot: Snapshot, state: Json) => void) {
    this.store = new ToldStore((snapshot) => {
      told(snapshot, program.scenarioState(snapshot.state));
    });
    this.#runId = runId;
    this.#program = program;
    this.#mirror = new Mirror({ client, programs: [program], store: this.store });
  }

  /** Brings the log up to date; gives its head, which is 0 for a run that was never started. */
  async look(): Promise<Seq> {
    try {
      return (await this.#mirror.mirror(this.#runId)).head;
    } catch (error) {
      if (isKernelError(error, 'RunNotFound')) return 0;
      throw error;
    }
  }

  /** The events after a seq, as far as they are mirrored. */
  async eventsAfter(seq: Seq): Promise<readonly SequencedEvent[]> {
    return await this.store.scan(this.#runId, seq + 1);
  }

  /** Where the stored log is not what the history gives. */
  async problems(): Promise<readonly string[]> {
    if ((await this.store.loadRun(this.#runId)) === null) return [];
    return (await this.#mirror.verify(this.#runId)).problems.map(({ reason }) => reason);
  }

  /**
   * The scenario's state after each event. Each is held against the state hash that stands in the log.
   *
   * @throws Error when the log's hash is of another state
   */
  async states(initial: Json): Promise<readonly Json[]> {
    let kept = this.#program.initialState(this.#program.startState(initial));
    return (await this.store.scanLog(this.#runId, 1)).map(({ eventIndex, event, stateHash }) => {
      kept = this.#program.reduce(kept, event, eventIndex);
      if (hashOf(kept) !== stateHash)
        throw new Error(`entry ${eventIndex} of ${this.#runId} vouches for another state`);
      return this.#program.scenarioState(kept);
    });
  }

  /** The events and the latest snapshot, with the scenario's own states. */
  async plainStore(): Promise<MemoryStore> {
    const plain = new MemoryStore();
    const events = await this.eventsAfter(0);
    await plain.append(
      this.#runId,
      events.map(({ event }) => event),
    );
    const snapshot = await this.store.loadLatest(this.#runId);
    if (snapshot !== null) await plain.save({ ...snapshot, state: this.#program.scenarioState(snapshot.state) });
    return plain;
  }
}
