/**
 * What a SQL store needs of a database: one tenant's rows, read at once and changed in transactions.
 *
 * Everything that is said in SQL is built by Kysely and is the same for every database; a dialect runs it. A change is
 * what it looks at first and a pure decision: so that SQLite runs it in one turn of the event loop, holding its lock
 * for no longer than the disk needs, and PostgreSQL in two journeys to the server.
 *
 * Guarantees of an implementation: a change is written as a whole or not at all, and is on disk when its promise resolves;
 * changes with the same key never run at once, in whichever process; conflicts of transactions are retried for a bounded
 * time; nothing but a KernelError is thrown.
 */
import type { Kysely } from 'kysely';
import type { KernelError } from '../kernel/error';
import type { TenantId } from '../kernel/tenant';
import type { StoreSchema } from './sql-schema';
import type { BoundStatement, RowsOf } from './sql-statement';

/** The part of a store that an error belongs to. */
export type StorePart = 'EventStore' | 'SnapshotStore' | 'ArtifactStore';

/** What a change comes to. */
export interface Decision<T> {
  readonly writes: readonly BoundStatement[];
  readonly value: T;
}

/** A change: what it looks at, and what it makes of that. */
export interface Change<Reads extends readonly BoundStatement[], T> {
  /** Two changes with this key never run at once. The tenant is part of every key without being named. */
  readonly key: string;
  readonly reads: readonly [...Reads];
  /** Decides; what it throws undoes the change. It may be called again, when the transaction is retried. */
  readonly decide: (rows: RowsOf<Reads>) => Decision<T>;
}

/** A database that was opened for one tenant. */
export interface SqlDatabase {
  readonly tenant: TenantId;
  /** Names the database in messages; without password. */
  readonly place: string;
  /** Builds and compiles statements; it executes nothing. */
  readonly build: Kysely<StoreSchema>;
  /** Runs statements that only read, on one state of the database. */
  read<Reads extends readonly BoundStatement[]>(...statements: readonly [...Reads]): Promise<RowsOf<Reads>>;
  /** Runs a change in a transaction. */
  change<Reads extends readonly BoundStatement[], T>(change: Change<Reads, T>): Promise<T>;
  /** The kernel's error for whatever `read`, `change` or a reader of their rows threw. */
  failure(part: StorePart, task: string, error: unknown): KernelError;
  /** Closes it; a second time does nothing. */
  close(): Promise<void>;
}
