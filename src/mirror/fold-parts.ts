/** What a fold is made with, and what it gives. */
import type { Program, Snapshot, StoredLog, TenantId } from '../kernel';
import type { HistoryDecoder } from './history-decoder';

/** A snapshot is taken at every so-manieth event, and where a run stops for a person or for good. */
export const SNAPSHOT_EVERY_EVENTS = 20;

/** What the fold gives. */
export interface FoldOutput {
  entry(entry: StoredLog): void;
  snapshot(snapshot: Snapshot): void;
}

/** What a fold is made with. */
export interface FoldParts {
  readonly program: Program;
  readonly tenant: TenantId;
  readonly decoder: HistoryDecoder;
  readonly output: FoldOutput;
}
