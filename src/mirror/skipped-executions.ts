/** Executions that a mirror leaves alone for good: a bounded memory, so that a sweep does not ask for them again and again. */
import type { RunId } from '../kernel';

/** Executions that are remembered. One that is forgotten costs a look at each sweep, and nothing else. */
const SKIPPED_MAX = 100_000;

export class SkippedExecutions {
  readonly #keys = new Set<string>();

  /** Remembers an execution. False when it was remembered already. */
  add(runId: RunId, executionId: string): boolean {
    if (this.has(runId, executionId)) return false;
    const [oldest] = this.#keys;
    if (this.#keys.size >= SKIPPED_MAX && oldest !== undefined) this.#keys.delete(oldest);
    this.#keys.add(keyOf(runId, executionId));
    return true;
  }

  has(runId: RunId, executionId: string): boolean {
    return this.#keys.has(keyOf(runId, executionId));
  }
}

function keyOf(runId: RunId, executionId: string): string {
  return `${executionId} ${runId}`;
}
