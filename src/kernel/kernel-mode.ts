/**
 * Kernel modes, and the guard that outside code asks.
 *
 * Source: Oris kernel, `kernel_mode` and `determinism_guard`. There the mode is advice: a kernel in `Replay` still runs
 * actions and appends events. Here `Replay` and `Verify` do neither; and `step`, `reduce` and policies are guarded in every
 * mode (`guarded`).
 */
import { KernelError } from './error';

/**
 * `Normal`: runs and appends. `Record`: as Normal, and the hash of the event stream is kept. `Replay`: the log says where
 * the run stands; nothing is run or appended. `Verify`: as Replay, but the program is asked again at every step and must
 * answer as the log has it, and a kept hash must still fit.
 */
export type KernelMode = 'Normal' | 'Record' | 'Replay' | 'Verify';

/** Whether a kernel in this mode must not touch the world: no clock, no chance, no work. */
export function trapsNondeterminism(mode: KernelMode): boolean {
  return mode === 'Replay' || mode === 'Verify';
}

/**
 * For executors, sinks and other code around the kernel that is shared by live runs and replays: it asks before it touches the
 * world, and is stopped in `Replay` and `Verify`.
 */
export class DeterminismGuard {
  readonly mode: KernelMode;

  constructor(mode: KernelMode) {
    this.mode = mode;
  }

  /** @throws KernelError `DeterminismViolation` in Replay and Verify */
  checkClockAccess(): void {
    this.#check('clock access');
  }

  /** @throws KernelError `DeterminismViolation` in Replay and Verify */
  checkRandomAccess(): void {
    this.#check('randomness');
  }

  /** For anything that starts work: a thread, a process, a request, a timer. @throws KernelError `DeterminismViolation` */
  checkSpawnAccess(): void {
    this.#check('spawn: starting work');
  }

  #check(what: string): void {
    if (!trapsNondeterminism(this.mode)) return;
    throw new KernelError('DeterminismViolation', `${what} is not allowed in ${this.mode} mode (determinism guard)`);
  }
}
