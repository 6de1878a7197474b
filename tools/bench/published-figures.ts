/**
 * What the reference kernel (oris-kernel 0.2.13) takes in memory, as it was published with its scenarios: two cores, rustc 1.95,
 * release build, one thread, an executor that does nothing, idle; medians of 7, of 3 from 10,000 actions on.
 *
 * Another machine has other figures: they stand in where the reference itself can't be run.
 */
import type { RowId } from './kernel-rows';

/** Milliseconds of each row; rates are more exact than the printed milliseconds, so short rows are derived from them. */
export const PUBLISHED_MS: Readonly<Record<RowId, number>> = {
  'run 100': (100 / 606_000) * 1000,
  'run 1000': (1_000 / 438_000) * 1000,
  'run 1000 snapshots 1 KB': (1_000 / 301_000) * 1000,
  'run 5000': 28.0,
  'run 10000': 118.1,
  'run 10000 snapshots': 122.2,
  'run 10000 snapshots 1 KB': 133.4,
  'run 20000': 499.1,
  'append batch': 6.2,
  'append each': 7.7,
  scan: 6.3,
  replay: 5.5,
  'replay 1 KB': 5.5,
  'replay updates 1 KB': 20.7,
  'replay from snapshot': 0.008,
  'execution log': 13.7,
  'execution log hashed': 10.6,
  'execution log hashed 1 KB': 20.2,
  'execution log hashed updates 1 KB': 40.8,
  'event-stream hash': 7.5,
  timeline: 6.0,
};
