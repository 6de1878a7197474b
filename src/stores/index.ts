/** The stores: where logs, snapshots and mirrored runs are kept. What is not listed here is nobody else's business. */
export { MemoryStore } from './memory-store';
export { openArtifacts } from './open-artifacts';
export { isPostgresUrl, openStore, type StoreOptions } from './open-store';
export { PostgresStore, type PostgresStoreOptions } from './postgres-store';
export { SqlArtifacts } from './sql-artifacts';
export { bulkInsert, type BulkInsert } from './sql-bulk-insert';
export type { Change, Decision, SqlDatabase, StorePart } from './sql-database';
export type { StoreSchema } from './sql-schema';
export { bound, statement, type BoundStatement, type Statement } from './sql-statement';
export { SqlExecutionEventStore } from './sql-execution-event-store';
export { SqlStore } from './sql-store';
export { BUSY_TIMEOUT_MS_DEFAULT, SqliteStore, type SqliteStoreOptions } from './sqlite-store';
