/**
 * The kernel in process: drives the machine with an event store, a snapshot store and an executor.
 *
 * Source: Oris kernel, `driver`. It is the specification's own semantics without a server: for unit tests, replay, and tools.
 * Each step's events are appended, with the head they build on, before the next thing is done; so two kernels on one run
 * conflict instead of interleaving, and a crash between a request and its result asks again under the same action id.
 * In `Replay` and `Verify` mode it executes nothing and appends nothing.
 */
import type { ActionExecutor } from './action-executor';
import { actionErrorOf, failureTextOf, type Action, type ActionResult } from './action';
import { NOTHING_SPENT, spentIn } from './budget';
import { KernelError } from './error';
import type { SequencedEvent } from './event';
import type { EventStore } from './event-store';
import { eventStreamHashOf } from './event-stream-hash';
import type { Hash } from './hash';
import type { ActionId, RunId } from './identity';
import type { Json } from './json';
import { DeterminismGuard, trapsNondeterminism, type KernelMode } from './kernel-mode';
import { Machine } from './machine';
import type { Input } from './machine-input';
import type { Program } from './program';
import { redrive } from './redrive';
import { statusOf, type RunStatus } from './run-status';
import { effectOf, type EffectSink } from './runtime-effect';
import { snapshotBeyondLog, type Snapshot, type SnapshotStore } from './snapshot';
import { runTimeline, type RunTimeline } from './timeline';
import { describe, isBlocked, needsContext } from './waiting';

/**
 * What wakes a blocked run. Source: Oris kernel, `driver::Signal`. Beyond it, people can pause and steer a run; and who drives the kernel
 * says when the moment of an ask has come, because the kernel has no clock.
 */
export type Signal = Exclude<Input, { readonly type: 'result' | 'cancel' }>;

/** What a kernel is made of. */
export interface KernelParts {
  readonly program: Program;
  readonly events: EventStore;
  readonly snapshots?: SnapshotStore;
  readonly executor: ActionExecutor;
  /** Is told of each effect once its event is appended. */
  readonly effects?: EffectSink;
  /** Default: `Normal`. */
  readonly mode?: KernelMode;
  /** Where `Record` keeps the hash of a run's event stream, and `Verify` finds it. */
  readonly streamHashes?: StreamHashes;
  /** Who started a run: asks with dual control need to know. Default: nobody says. */
  readonly startedBy?: (runId: RunId) => string | null;
  /** Waits between two attempts, in milliseconds. Default: a timer. */
  readonly pause?: (ms: number) => Promise<void>;
}

/** Keeps the hash of each run's event stream, so that a later replay can be held against it. */
export interface StreamHashes {
  keep(runId: RunId, hash: Hash): Promise<void>;
  /** The hash that was kept last; null when none was. */
  kept(runId: RunId): Promise<Hash | null>;
}

/** Runs a program in process. */
export class Kernel {
  readonly mode: KernelMode;
  readonly #parts: KernelParts;

  constructor(parts: KernelParts) {
    this.#parts = parts;
    this.mode = parts.mode ?? 'Normal';
  }

  /** What code around the kernel asks before it touches the world. */
  determinismGuard(): DeterminismGuard {
    return new DeterminismGuard(this.mode);
  }

  /**
   * Starts a run, or goes on with it, until it is blocked or has ended. In `Replay` and `Verify` it says where the log leaves
   * the run, which may be `running`.
   *
   * @param initialState what the run starts from; it is not used when the log has a snapshot
   * @throws KernelError of the program, the policy (`PolicyDenied`, `BudgetExceeded`) or a store; in `Verify`
   *   `ReplayMismatch`, with the seq where there is one
   */
  async runUntilBlocked(runId: RunId, initialState: unknown): Promise<RunStatus> {
    if (this.mode === 'Verify') return await this.#verify(runId, initialState);
    const machine = await this.#restore(runId, initialState);
    return this.mode === 'Replay' ? statusOf(machine.waiting) : await this.#drive(machine);
  }

  /**
   * Wakes a run and drives it on.
   *
   * @throws KernelError `InvalidAnswer`, `InvalidSignal`, `InterruptNotPending`, `RunFinished`, `ReadOnlyMode`, and the other
   *   reasons of a {@link Refusal}; `Driver` for what a blocked run can't take now, because a log does not keep what waits for
   *   later: nothing is appended then
   */
  async resume(runId: RunId, initialState: unknown, signal: Signal): Promise<RunStatus> {
    if (trapsNondeterminism(this.mode)) {
      throw new KernelError(
        'ReadOnlyMode',
        `a kernel in ${this.mode} mode changes no run: resume it with one in Normal`,
      );
    }
    const machine = await this.#restore(runId, initialState);
    const head = machine.head;
    const refusal = machine.deliver(signal);
    if (refusal !== null) throw new KernelError(refusal.code, refusal.reason);
    if (isBlocked(machine.waiting) && machine.head === head) {
      const waits = describe(machine.waiting);
      throw new KernelError('Driver', `${runId} waits for ${waits}: a ${signal.type} can't wait there, send it later`);
    }
    return await this.#drive(machine);
  }

  /** The state that the whole log gives. Executes nothing. */
  async replay(runId: RunId, initialState: unknown): Promise<Json> {
    return this.#reduce(this.#parts.program.initialState(initialState), await this.#parts.events.scan(runId, 1));
  }

  /** The state that the latest snapshot and the log after it give. Executes nothing. */
  async replayFromSnapshot(runId: RunId, initialState: unknown): Promise<Json> {
    const snapshot = await this.#latestSnapshot(runId);
    if (snapshot === null) return await this.replay(runId, initialState);
    return this.#reduce(snapshot.state, (await this.#after(snapshot)).tail);
  }

  /** The run at a glance. */
  async runTimeline(runId: RunId): Promise<RunTimeline> {
    return runTimeline(runId, await this.#parts.events.scan(runId, 1));
  }

  async #verify(runId: RunId, initialState: unknown): Promise<RunStatus> {
    const { events, program, streamHashes } = this.#parts;
    const log = await events.scan(runId, 1);
    const machine = redrive(program, runId, initialState, log, this.#startedBy(runId));
    const kept = (await streamHashes?.kept(runId)) ?? null;
    const hash = eventStreamHashOf(log);
    if (kept !== null && kept !== hash) {
      throw new KernelError(
        'ReplayMismatch',
        `the events of ${runId} have the hash ${hash}, but ${kept} was recorded: the log was changed or went on since`,
      );
    }
    return statusOf(machine.waiting);
  }

  async #drive(machine: Machine): Promise<RunStatus> {
    try {
      return await this.#driveOn(machine);
    } finally {
      if (this.mode === 'Record') {
        const { events, streamHashes } = this.#parts;
        await streamHashes?.keep(machine.runId, eventStreamHashOf(await events.scan(machine.runId, 1)));
      }
    }
  }

  async #driveOn(machine: Machine): Promise<RunStatus> {
    await this.#persist(machine);
    for (;;) {
      const { waiting } = machine;
      if (waiting.for === 'step') {
        machine.advance();
      } else if (waiting.for === 'action' || waiting.for === 'actions') {
        await this.#executeAll(machine);
      } else {
        if (waiting.for === 'nothing' && waiting.outcome.type === 'denied') {
          throw new KernelError(waiting.outcome.code, waiting.outcome.reason);
        }
        return statusOf(waiting);
      }
      await this.#persist(machine);
    }
  }

  async #executeAll(machine: Machine): Promise<void> {
    const { running, runId } = machine;
    // All are waited for, even when one can't be decided about: nothing may be under way when the run is driven again.
    const ended = await Promise.allSettled(
      running.map(async ({ actionId, action }) => {
        return { actionId, result: await this.#execute(runId, action, actionId) };
      }),
    );
    for (const one of ended) {
      if (one.status === 'rejected') throw one.reason;
    }
    for (const one of ended) {
      if (one.status === 'fulfilled') machine.deliver({ type: 'result', ...one.value });
    }
  }

  async #execute(runId: RunId, action: Action, actionId: ActionId): Promise<ActionResult> {
    const { executor, program, pause = timer } = this.#parts;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await executor.execute(runId, action, actionId);
      } catch (thrown) {
        const decision = program.policy.retryStrategyAttempt(actionErrorOf(thrown), action, attempt);
        if (decision.type === 'fail') return { type: 'failure', error: failureTextOf(thrown) };
        if (decision.type === 'retryAfter' && decision.ms > 0) await pause(decision.ms);
      }
    }
  }

  async #persist(machine: Machine): Promise<void> {
    const entries = machine.drain();
    const first = entries[0];
    if (first === undefined) return;
    const { effects, events, snapshots } = this.#parts;
    await events.append(
      machine.runId,
      entries.map(({ event }) => event),
      first.seq - 1,
    );
    if (effects !== undefined) {
      for (const { event } of entries) {
        const effect = effectOf(event);
        if (effect !== null) effects.record(machine.runId, effect);
      }
    }
    if (snapshots === undefined) return;
    for (const { seq, state } of entries) await snapshots.save({ runId: machine.runId, atSeq: seq, state });
  }

  async #restore(runId: RunId, initialState: unknown): Promise<Machine> {
    const { program, events } = this.#parts;
    const snapshot = await this.#latestSnapshot(runId);
    if (snapshot === null) {
      const state = program.initialState(initialState);
      const from = { runId, head: 0, state, spent: NOTHING_SPENT, ...this.#startedBy(runId) };
      return Machine.replay(program, from, await events.scan(runId, 1));
    }
    const { before, tail } = await this.#after(snapshot);
    const { atSeq: head, state } = snapshot;
    // A snapshot does not say what the run has spent, nor always what it waited for; the log does.
    const isLimited = Object.keys(program.policy.budget?.() ?? {}).length > 0;
    const isEnough = before === null || !needsContext(before.event);
    const log = isLimited || !isEnough ? (await events.scan(runId, 1)).slice(0, head) : [];
    const spent = isLimited ? spentIn(runId, log) : NOTHING_SPENT;
    const from = { runId, head, state, spent, ...this.#startedBy(runId) };
    return Machine.replay(program, from, tail, isEnough ? [before].filter(isThere) : log);
  }

  #startedBy(runId: RunId): { readonly starter?: string } {
    const starter = this.#parts.startedBy?.(runId) ?? null;
    return starter === null ? {} : { starter };
  }

  /** The events after a snapshot, and the one before them: it says what the run waits for, should there be none. */
  async #after({
    runId,
    atSeq,
  }: Snapshot): Promise<{ before: SequencedEvent | null; tail: readonly SequencedEvent[] }> {
    const { events } = this.#parts;
    if (atSeq === 0) return { before: null, tail: await events.scan(runId, 1) };
    const [before, ...tail] = await events.scan(runId, atSeq);
    if (before?.seq === atSeq) return { before, tail };
    throw snapshotBeyondLog({ runId, atSeq });
  }

  #reduce(from: Json, events: readonly SequencedEvent[]): Json {
    const { program } = this.#parts;
    return events.reduce((state, { event, seq }) => program.reduce(state, event, seq), from);
  }

  async #latestSnapshot(runId: RunId): Promise<Snapshot | null> {
    return (await this.#parts.snapshots?.loadLatest(runId)) ?? null;
  }
}

function isThere<T>(value: T | null): value is T {
  return value !== null;
}

function timer(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
