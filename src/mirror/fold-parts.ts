/** What a fold is made with, and what it gives. */
import type { Snapshot, StoredLog } from '../kernel';
import type { CheckedRun } from './checked-run';

/** A snapshot is taken at every so-manieth event, and where a run stops for a person or for good. */
export const SNAPSHOT_EVERY_EVENTS = 20;

/** What the fold gives. */
export interface FoldOutput {
  entry(entry: StoredLog): void;
  snapshot(snapshot: Snapshot): void;
}

/** What a fold is made with. Who started the run is in its machine. */
export interface FoldParts extends Omit<CheckedRun, 'starter'> {
  readonly output: FoldOutput;
}
