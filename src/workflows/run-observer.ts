/**
 * Who sees every entry as a run appends it, also while a history is replayed. Nobody does in production: a bundle that has
 * `replay-observer` in it sets an observer, and tests and verification make such bundles.
 */
import type { Entry } from '../kernel';

/** Sees an entry. It must change nothing. */
export type RunObserver = (entry: Entry) => void;

let observer: RunObserver | null = null;

/** Sets the observer of all runs in this sandbox. */
export function observeRuns(observe: RunObserver): void {
  observer = observe;
}

/** Shows entries to the observer, if there is one. */
export function showToObserver(entries: readonly Entry[]): void {
  if (observer !== null) entries.forEach(observer);
}
