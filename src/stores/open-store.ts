/** Opening a store by name: the path of a file, or the URL of a PostgreSQL database. */
import type { TenantId } from '../kernel/tenant';
import { PostgresStore } from './postgres-store';
import type { SqlStore } from './sql-store';
import { SqliteStore } from './sqlite-store';

/** How to open any store. */
export interface StoreOptions {
  /** Whose runs they are; `default` unless given. */
  readonly tenant?: TenantId;
  /** How long a call waits for other writers before it fails with `StoreBusy`, in milliseconds; 10 s unless given. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens the store that a text names: `postgres://…` or `postgresql://…` is a PostgreSQL database, anything else a file.
 *
 * @throws KernelError as `SqliteStore.open` and `PostgresStore.open`
 */
export async function openStore(pathOrUrl: string, options: StoreOptions = {}): Promise<SqlStore> {
  if (isPostgresUrl(pathOrUrl)) return await PostgresStore.open(pathOrUrl, options);
  return SqliteStore.open(pathOrUrl, options);
}

/** Whether a text names a PostgreSQL database and not a file. */
export function isPostgresUrl(pathOrUrl: string): boolean {
  return /^postgres(ql)?:\/\//i.test(pathOrUrl);
}
