/** The stores: where logs, snapshots and mirrored runs are kept. What is not listed here is nobody else's business. */
export { MemoryStore } from './memory-store';
export { BUSY_TIMEOUT_MS_DEFAULT, SqliteStore, type SqliteStoreOptions } from './sqlite-store';
