/**
 * The kernel runner: lets many callers of one process use one kernel.
 *
 * Source: Oris kernel, `runner`. The reference's exists for the sake of threads; what is worth having here is turns. Calls for
 * one run take place one after the other, in the order in which they came, so that two answers that arrive together meet a
 * run that has read the first, and no action is done twice because two callers looked at the same time. Calls for different runs
 * go side by side. Other processes are not its affair: the store's expected head stops them.
 */
import { KernelError } from './error';
import type { RunId } from './identity';
import type { Kernel, Signal } from './kernel';
import type { RunStatus } from './run-status';

/** Calls that a runner has in hand at most, waiting ones included. */
export const RUNNER_CALLS_MAX = 1_000;

/** Gives the calls for each run their turns. */
export class KernelRunner {
  readonly #kernel: Pick<Kernel, 'resume' | 'runUntilBlocked'>;
  readonly #callsMax: number;
  /** By run: settles when the last call for it has. */
  readonly #lastTurn = new Map<RunId, Promise<void>>();
  #calls = 0;

  constructor(
    kernel: Pick<Kernel, 'resume' | 'runUntilBlocked'>,
    { callsMax = RUNNER_CALLS_MAX }: { readonly callsMax?: number } = {},
  ) {
    this.#kernel = kernel;
    this.#callsMax = callsMax;
  }

  /** Calls that are under way or wait for their turn. */
  get calls(): number {
    return this.#calls;
  }

  /**
   * {@link Kernel.runUntilBlocked}, when the calls for the run that came before have ended, well or not.
   *
   * @throws KernelError `RunnerBusy` at once, when too many calls are in hand; those of the kernel
   */
  async runUntilBlocked(runId: RunId, initialState: unknown): Promise<RunStatus> {
    return await this.#inTurn(runId, () => this.#kernel.runUntilBlocked(runId, initialState));
  }

  /**
   * {@link Kernel.resume}, when the calls for the run that came before have ended, well or not.
   *
   * @throws KernelError `RunnerBusy` at once, when too many calls are in hand; those of the kernel
   */
  async resume(runId: RunId, initialState: unknown, signal: Signal): Promise<RunStatus> {
    return await this.#inTurn(runId, () => this.#kernel.resume(runId, initialState, signal));
  }

  async #inTurn(runId: RunId, call: () => Promise<RunStatus>): Promise<RunStatus> {
    if (this.#calls >= this.#callsMax) {
      throw new KernelError('RunnerBusy', `${this.#calls} calls are in hand: come again when some have ended`);
    }
    this.#calls += 1;
    const turn = (this.#lastTurn.get(runId) ?? Promise.resolve()).then(call);
    const ended = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#lastTurn.set(runId, ended);
    try {
      return await turn;
    } finally {
      this.#calls -= 1;
      if (this.#lastTurn.get(runId) === ended) this.#lastTurn.delete(runId);
    }
  }
}
