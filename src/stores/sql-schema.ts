/**
 * The tables of the SQL stores, as Kysely's types know them. Every row has a tenant, and every key begins with it.
 *
 * Texts are kept exactly as they were printed: a hash covers bytes, and a database that reads JSON would print others.
 */
import type { Address } from '../kernel/artifact';
import type { Hash } from '../kernel/hash';
import type { RunId, Seq } from '../kernel/identity';
import type { TenantId } from '../kernel/tenant';

/** What is known of a mirrored run from its first moment: one row, never changed. */
export interface RunTable {
  readonly tenant_id: TenantId;
  readonly run_id: RunId;
  readonly program: string;
  readonly version: number;
  /** Canonical JSON. */
  readonly initial_state: string;
  readonly genesis_hash: Hash;
  readonly first_execution_id: string;
  readonly started_at_ms: number;
  /** Canonical JSON: the run's parent, and what it branched from. */
  readonly lineage: string;
}

/** Where a run's mirror stands: one row for each row of `runs`, written with every step. */
export interface PositionTable {
  readonly tenant_id: TenantId;
  readonly run_id: RunId;
  /** The head after the last step, which tells when the end of a log was lost. */
  readonly head: Seq;
  /** Canonical JSON. */
  readonly position: string;
}

/** Events: never changed. Those of a mirrored run have hashes and an origin; those of a kernel have none of these. */
export interface EventTable {
  readonly tenant_id: TenantId;
  readonly run_id: RunId;
  readonly seq: Seq;
  /** The event's text. */
  readonly event: string;
  readonly state_hash: Hash | null;
  readonly hash: Hash | null;
  readonly seal: Hash | null;
  readonly execution_id: string | null;
  readonly history_event_id: number | null;
  readonly time_ms: number | null;
}

/** Snapshots: may be replaced and pruned. */
export interface SnapshotTable {
  readonly tenant_id: TenantId;
  readonly run_id: RunId;
  readonly at_seq: Seq;
  /** Canonical JSON. */
  readonly state: string;
}

/** Events of executions (`src/records`): never changed. */
export interface ExecutionEventTable {
  readonly tenant_id: TenantId;
  readonly execution_id: string;
  /** 1, 2, 3, … within the execution. */
  readonly sequence: number;
  /** The event's JSON text, byte for byte. */
  readonly event: string;
  readonly timestamp_ms: number;
}

/** Artifacts (`src/artifacts`): never changed. They may be deleted, by whoever owns the database and knows that nobody needs them. */
export interface ArtifactTable {
  readonly tenant_id: TenantId;
  readonly address: Address;
  readonly content: Uint8Array;
  /** When it was first kept: what is younger than a call may be about to be referred to. */
  readonly stored_at_ms: number;
}

/** The database, for Kysely. */
export interface StoreSchema {
  readonly runs: RunTable;
  readonly positions: PositionTable;
  readonly events: EventTable;
  readonly snapshots: SnapshotTable;
  readonly execution_events: ExecutionEventTable;
  readonly artifacts: ArtifactTable;
}

/** A table's name. */
export type TableName = keyof StoreSchema;
