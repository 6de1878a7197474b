/**
 * A log store in one SQLite file: for one machine, any number of processes and tenants.
 *
 * Guarantees: what `SqlStore` and `SqliteDatabase` say; the file is in write-ahead mode and flushed at every commit, which
 * was checked when it was opened.
 */
import { KernelError } from '../kernel/error';
import { assertTenantId, DEFAULT_TENANT, type TenantId } from '../kernel/tenant';
import { SqlStore } from './sql-store';
import { SqliteDatabase } from './sqlite-database';
import { openDamagedSqliteFile, openSqliteFile } from './sqlite-file';

/** How long a call waits for other writers unless told otherwise, in milliseconds. */
export const BUSY_TIMEOUT_MS_DEFAULT = 10_000;

/** The longest wait that makes sense to a timer. */
const BUSY_TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** How to open a `SqliteStore`. */
export interface SqliteStoreOptions {
  /** Whose runs they are; `default` unless given. */
  readonly tenant?: TenantId;
  /** How long a call waits for other writers before it fails with `StoreBusy`, in milliseconds; 10 s unless given. */
  readonly busyTimeoutMs?: number;
}

/** Keeps one tenant's runs in an SQLite file. Payloads and states given to it are frozen in place. */
export class SqliteStore extends SqlStore {
  /** The file, as it was given. */
  readonly path: string;

  private constructor(path: string, database: SqliteDatabase) {
    super(database);
    this.path = path;
  }

  /**
   * Opens a file, or makes it; the directory must be there.
   *
   * @throws KernelError `EventStore` for a file that can't be opened, is no SQLite database or belongs to another program;
   *   `SchemaTooNew`; `NotDurable` where SQLite can't keep a write-ahead log; `InvalidTenant`; `LogCorrupt` for a file that
   *   is damaged where it begins
   */
  static open(path: string, options: SqliteStoreOptions = {}): SqliteStore {
    const { tenant = DEFAULT_TENANT, busyTimeoutMs = BUSY_TIMEOUT_MS_DEFAULT } = options;
    assertTenantId(tenant);
    if (!Number.isInteger(busyTimeoutMs) || busyTimeoutMs < 0 || busyTimeoutMs > BUSY_TIMEOUT_MS_MAX) {
      throw new KernelError('EventStore', `a busy timeout of ${busyTimeoutMs} ms is none that can be kept`);
    }
    const handle = openSqliteFile(path, busyTimeoutMs);
    return new SqliteStore(path, new SqliteDatabase({ handle, place: path, tenant, busyTimeoutMs }));
  }

  /**
   * Opens what is left of a damaged file, to read it and to find where it is damaged (`verifyStoredChain`): a file that was cut
   * off, say, which `open` refuses as a whole. Nothing can be written to it.
   *
   * @throws KernelError `EventStore` for a file that can't be opened; `LogCorrupt` where not even its beginning is there;
   *   `InvalidTenant`
   */
  static openDamaged(path: string, tenant: TenantId = DEFAULT_TENANT): SqliteStore {
    assertTenantId(tenant);
    const handle = openDamagedSqliteFile(path);
    return new SqliteStore(path, new SqliteDatabase({ handle, place: path, tenant, busyTimeoutMs: 0 }));
  }
}
