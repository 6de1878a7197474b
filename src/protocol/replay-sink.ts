/** What a replay tells of the log that it makes. */
import type { Hash, Seq, WireEvent } from '../kernel';

/** An entry as the workflow's own code made it. */
export interface ReplayedEntry {
  readonly seq: Seq;
  readonly event: WireEvent;
  readonly stateHash: Hash;
}

/** The sinks that a verifying bundle calls. */
export interface ReplaySinks extends Record<string, Record<string, (entry: ReplayedEntry) => void>> {
  readonly replayedLog: { readonly appended: (entry: ReplayedEntry) => void };
}
