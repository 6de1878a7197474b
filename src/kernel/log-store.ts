/**
 * The log store: where a mirrored run is kept for as long as it matters.
 *
 * One mirror step (entries, snapshots, position) is written in one transaction, or not at all. Entries are never changed
 * and never deleted. A store is opened for one tenant: no call gives or touches a row of another, whatever ids it is told.
 * An implementation passes `logStoreContract` (`temporal-kernel/testing`).
 */
import type { Spent } from './budget';
import type { EventStore } from './event-store';
import type { ChainedLog } from './execution-log';
import { hashOf, type Hash } from './hash';
import type { RunId, Seq } from './identity';
import type { Json } from './json';
import type { Snapshot, SnapshotStore } from './snapshot';
import type { TenantId } from './tenant';

/** Where an entry comes from in the engine's own history. */
export interface Origin {
  /** The engine's id of the execution (Temporal: the workflow execution's run id). */
  readonly executionId: string;
  /** The id of the history event that caused the entry. */
  readonly historyEventId: number;
  /** When the engine recorded that event, in milliseconds since 1970. */
  readonly timeMs: number;
}

/** A chained entry as it is stored: with its origin, and a seal over both. */
export interface StoredLog extends ChainedLog {
  readonly origin: Origin;
  /** A second chain, over the origins: hashes alone are the same in every shell, origins are not. */
  readonly seal: Hash;
}

/** The run that started another one as its child. */
export interface ParentRun {
  readonly runId: RunId;
  /** The engine's id of the execution that the parent was in. */
  readonly executionId: string;
}

/**
 * What a log is that stands beside the first one of its run. The engine can reset a run, which makes another future of the same
 * past, and can use a run's id again, for another run.
 */
export type RunBranch =
  | {
      readonly type: 'reset';
      /** The id that the engine knows the run by: action ids and hashes are made from it. */
      readonly of: RunId;
      /** The execution that the reset made. */
      readonly executionId: string;
      /** The execution whose past the branch shares. */
      readonly baseExecutionId: string;
      /** The history event of the reset: what came before it in the base execution is shared. */
      readonly resetEventId: number;
    }
  | { readonly type: 'reused'; readonly of: RunId };

/** What is known of a run from its first moment. */
export interface RunRecord extends RunLineage {
  /** Names the log. It is the run's own id, except for a branch. */
  readonly runId: RunId;
  readonly program: string;
  /** The version of the program that the run was made with. */
  readonly version: number;
  readonly initialState: Json;
  /** The hash that the run's chain begins with. */
  readonly genesisHash: Hash;
  /** The engine's id of the run's first execution. */
  readonly firstExecutionId: string;
  /** When the run started, in milliseconds since 1970. */
  readonly startedAtMs: number;
}

/** Where a run comes from. */
export interface RunLineage {
  /** The run that started this one; null for a run that is nobody's child. */
  readonly parent: ParentRun | null;
  /** Null for the first log of a run. */
  readonly branch: RunBranch | null;
  /** Who started the run; null where nobody said. */
  readonly startedBy: string | null;
  /** The run that this one was forked from. */
  readonly forkedFrom: RunFork | null;
}

/** Where a run comes from, without the rest of its record. */
export function lineageOf({ parent, branch, startedBy, forkedFrom }: RunLineage): RunLineage {
  return { parent, branch, startedBy, forkedFrom };
}

/** Where a run was forked from: it began with the state that the other one had at that seq. */
export interface RunFork {
  readonly runId: RunId;
  readonly seq: Seq;
  /** The hash that the other one's chain stood at. */
  readonly hash: Hash;
  /** What the other one had spent by then. */
  readonly spent: Spent;
}

/** The id that a run itself goes by: its action ids and hashes are made from it. */
export function ownIdOf({ runId, branch }: Pick<RunRecord, 'runId' | 'branch'>): RunId {
  return branch === null ? runId : branch.of;
}

/** What one look at a run adds to its log. */
export interface LogStep {
  readonly run: RunRecord;
  /** The head that the entries build on. */
  readonly expectedHead: Seq;
  readonly entries: readonly StoredLog[];
  readonly snapshots: readonly Snapshot[];
  /** Where to go on: opaque to the store, written with the entries or not at all. */
  readonly position: Json;
  /** The position that this step started from; another one means that somebody else was faster. */
  readonly expectedPosition: Json;
}

/** A stored run: the record, and where its log stands. */
export interface StoredRun extends RunRecord {
  /** The head as it was written with the last step: a log that ends earlier has lost entries. */
  readonly head: Seq;
  readonly position: Json;
}

/** Keeps the logs of mirrored runs. */
export interface LogStore extends EventStore, SnapshotStore {
  /** The tenant that the store was opened for. */
  readonly tenant: TenantId;
  /** The run, or null when it was never mirrored. */
  loadRun(runId: RunId): Promise<StoredRun | null>;
  /**
   * Writes one step in one transaction.
   *
   * @throws KernelError `HeadConflict` when head or position are not the expected ones; nothing is written then
   */
  writeStep(step: LogStep): Promise<void>;
  /** The entries from a seq on (inclusive), ascending, at most `limit`. */
  scanLog(runId: RunId, from: Seq, limit?: number): Promise<readonly StoredLog[]>;
  /** Closes what is open. */
  close(): Promise<void>;
}

/** The seal of an entry: it covers the seal before it, the entry's hash and its origin. */
export function sealOf(previousSeal: Hash, hash: Hash, origin: Origin): Hash {
  return hashOf({
    previous_seal: previousSeal,
    hash,
    execution_id: origin.executionId,
    history_event_id: origin.historyEventId,
    time_ms: origin.timeMs,
  });
}
