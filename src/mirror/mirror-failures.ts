/** The runs that can't be mirrored as they are, and why: a bounded list, each reason told once. */
import { isKernelError, messageOf, type KernelErrorCode, type RunId } from '../kernel';
import type { Look } from './look-queue';

/** A run that can't be mirrored. */
export interface MirrorFailure {
  readonly runId: RunId;
  /** The executions that were looked at; null is the one that the run was in. */
  readonly executionIds: readonly (string | null)[];
  /** The error's code; null for an error that is none of the kernel's. */
  readonly code: KernelErrorCode | null;
  readonly reason: string;
  readonly error: unknown;
  /** When a look first failed so, in milliseconds since 1970. */
  readonly sinceMs: number;
}

/** Runs that are remembered as failing. The others are found again by the next full sweep. */
export const FAILURES_MAX = 1_000;

export class MirrorFailures {
  readonly #failures = new Map<RunId, MirrorFailure>();
  #forgotten = 0;

  /** Runs that fail now, the one that failed first at the beginning. */
  get list(): readonly MirrorFailure[] {
    return [...this.#failures.values()];
  }

  get size(): number {
    return this.#failures.size;
  }

  of(runId: RunId): MirrorFailure | null {
    return this.#failures.get(runId) ?? null;
  }

  /** Remembers a failure. Gives it when it is another than the run had before. */
  add(
    { runId, executionIds }: Pick<Look, 'runId' | 'executionIds'>,
    error: unknown,
    nowMs: number,
  ): MirrorFailure | null {
    const code = isKernelError(error) ? error.code : null;
    const failure: MirrorFailure = { runId, executionIds, code, reason: messageOf(error), error, sinceMs: nowMs };
    const before = this.#failures.get(runId);
    if (before?.code === code && before.reason === failure.reason) return null;
    const [oldest] = this.#failures.keys();
    if (before === undefined && this.#failures.size >= FAILURES_MAX && oldest !== undefined) {
      this.#failures.delete(oldest);
      this.#forgotten += 1;
    }
    this.#failures.set(runId, failure);
    return failure;
  }

  /** The run is mirrored after all. */
  mended(runId: RunId): void {
    this.#failures.delete(runId);
  }

  /** Begins to count anew what is not remembered. Gives what it was. */
  takeForgotten(): number {
    const forgotten = this.#forgotten;
    this.#forgotten = 0;
    return forgotten;
  }
}
