/**
 * Who sees every entry as a run appends it, also while a history is replayed. Nobody does in production: a bundle that has
 * `replay-observer` in it sets an observer, and tests and verification make such bundles.
 */
import type { Entry } from '../kernel';

/** Sees an entry. It must change nothing. */
export type RunObserver = (entry: Entry) => void;

/**
 * Where the observer stands: each run has globals of its own, while this module is evaluated once for all runs of a sandbox.
 */
const OBSERVER = Symbol.for('temporal-kernel.run-observer');

const globals = globalThis as { [OBSERVER]?: RunObserver };

/** Sets the observer of this run. */
export function observeRuns(observe: RunObserver): void {
  globals[OBSERVER] = observe;
}

/** Shows entries to the observer, if there is one. */
export function showToObserver(entries: readonly Entry[]): void {
  const observer = globals[OBSERVER];
  if (observer !== undefined) entries.forEach(observer);
}
