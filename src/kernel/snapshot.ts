/**
 * Snapshots: a state at a seq, so that a replay need not start at the beginning.
 *
 * Source: Oris kernel, `snapshot`. The log is the truth; losing every snapshot loses nothing.
 */
import { KernelError } from './error';
import type { RunId, Seq } from './identity';
import type { Json } from './json';

/** The state after the event `atSeq` was applied. */
export interface Snapshot {
  readonly runId: RunId;
  readonly atSeq: Seq;
  readonly state: Json;
}

/** That a snapshot can't be gone on from: events would be passed over in silence. */
export function snapshotBeyondLog({ runId, atSeq }: Pick<Snapshot, 'runId' | 'atSeq'>): KernelError {
  return new KernelError(
    'SnapshotCorrupt',
    `the snapshot of ${runId} at seq ${atSeq} is beyond its log: delete the snapshot, the log is the truth`,
    { seq: atSeq },
  );
}

/** Keeps snapshots. An implementation passes `logStoreContract` (`temporal-kernel/testing`). */
export interface SnapshotStore {
  /** The snapshot with the highest seq, or with the highest that is at most `atOrBefore`; null if there is none. */
  loadLatest(runId: RunId, atOrBefore?: Seq): Promise<Snapshot | null>;
  /** Saves a snapshot; one of the same run and seq is replaced. */
  save(snapshot: Snapshot): Promise<void>;
  /**
   * Drops the snapshots before a seq, but never the run's last one.
   *
   * @param before snapshots at this seq and later ones stay
   * @returns how many were dropped
   */
  prune(runId: RunId, before: Seq): Promise<number>;
}
