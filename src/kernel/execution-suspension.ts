/**
 * Execution suspension: where the execution of a run stands when it makes room for others.
 *
 * Source: Oris kernel, `execution_suspension`. Running, then Suspended (its worker is about to let go of it), then
 * WaitingInput, then Running again; nothing else. A suspension is a value: a transition gives another one. The time is
 * given by the caller, because the kernel reads no clock.
 */
import { KernelError } from './error';
import type { RunId } from './identity';
import type { Json } from './json';
import { assertTimeMs, rfc3339Of } from './rfc3339';

/** Where an execution stands. */
export type ExecutionSuspensionState = 'Running' | 'Suspended' | 'WaitingInput';

/** Where the execution of a run stands, and since when. */
export class ExecutionSuspension {
  readonly runId: RunId;
  readonly state: ExecutionSuspensionState;
  /** When the state changed last, in milliseconds since 1970. */
  readonly stateChangedAtMs: number;
  /** Why it was suspended; null while it runs. */
  readonly reason: string | null;

  private constructor(runId: RunId, state: ExecutionSuspensionState, stateChangedAtMs: number, reason: string | null) {
    assertTimeMs(stateChangedAtMs);
    this.runId = runId;
    this.state = state;
    this.stateChangedAtMs = stateChangedAtMs;
    this.reason = reason;
    Object.freeze(this);
  }

  /**
   * An execution that runs.
   *
   * @throws KernelError `InvalidTime`
   */
  static running(runId: RunId, nowMs: number): ExecutionSuspension {
    return new ExecutionSuspension(runId, 'Running', nowMs, null);
  }

  /**
   * From Running to Suspended.
   *
   * @throws KernelError `InvalidTransition`, `InvalidTime`
   */
  suspend(nowMs: number, reason: string | null = null): ExecutionSuspension {
    return this.#become('Suspended', 'Running', nowMs, reason);
  }

  /**
   * From Suspended to WaitingInput. Its reason stays.
   *
   * @throws KernelError `InvalidTransition`, `InvalidTime`
   */
  waitInput(nowMs: number): ExecutionSuspension {
    return this.#become('WaitingInput', 'Suspended', nowMs, this.reason);
  }

  /**
   * From WaitingInput to Running.
   *
   * @throws KernelError `InvalidTransition`, `InvalidTime`
   */
  resume(nowMs: number): ExecutionSuspension {
    return this.#become('Running', 'WaitingInput', nowMs, null);
  }

  get isRunning(): boolean {
    return this.state === 'Running';
  }

  /** Whether it is suspended or waits for input. */
  get isSuspended(): boolean {
    return !this.isRunning;
  }

  #become(
    to: ExecutionSuspensionState,
    from: ExecutionSuspensionState,
    nowMs: number,
    reason: string | null,
  ): ExecutionSuspension {
    if (this.state === from) return new ExecutionSuspension(this.runId, to, nowMs, reason);
    throw new KernelError('InvalidTransition', `invalid state transition of ${this.runId} from ${this.state} to ${to}`);
  }
}

/** A suspension's wire form, with the specification's field names and order. */
export function encodeSuspension({ runId, state, stateChangedAtMs, reason }: ExecutionSuspension): Json {
  return { run_id: runId, state, state_changed_at: rfc3339Of(stateChangedAtMs), reason };
}
