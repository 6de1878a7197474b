/**
 * A log store in PostgreSQL: for any number of machines, processes and tenants.
 *
 * Guarantees: what `SqlStore`, `PostgresDatabase` and `prepareDatabase` say.
 */
import { KernelError } from '../kernel/error';
import { assertTenantId, DEFAULT_TENANT, type TenantId } from '../kernel/tenant';
import { PostgresDatabase } from './postgres-database';
import { postgresFailure } from './postgres-failure';
import { openPool, prepareDatabase } from './postgres-opening';
import { assertSchemaName, SCHEMA_DEFAULT } from './postgres-schema';
import { SqlStore } from './sql-store';

const BUSY_TIMEOUT_MS_DEFAULT = 10_000;
const BUSY_TIMEOUT_MS_MAX = 2 ** 31 - 1;
const CONNECTIONS_DEFAULT = 4;

/** How to open a `PostgresStore`. */
export interface PostgresStoreOptions {
  /** Whose runs they are; `default` unless given. */
  readonly tenant?: TenantId;
  /** The schema that the tables are in; `temporal_kernel` unless given. It is made if it is not there. */
  readonly schema?: string;
  /** How long a call waits and tries again before it fails with `StoreBusy`, in milliseconds; 10 s unless given. */
  readonly busyTimeoutMs?: number;
  /** How many connections the store may hold; 4 unless given. */
  readonly connections?: number;
  /** Set to false behind a pooler that can't keep prepared statements; true unless given. */
  readonly preparedStatements?: boolean;
}

/** Keeps one tenant's runs in PostgreSQL. Payloads and states given to it are frozen in place. */
export class PostgresStore extends SqlStore {
  private constructor(database: PostgresDatabase) {
    super(database);
  }

  /**
   * Opens a database, and makes or updates its schema.
   *
   * @param url `postgres://user:password@host:port/database`
   * @throws KernelError `NotDurable`, `NotIsolated`, `SchemaTooNew`, each saying what to do; `InvalidTenant`; `EventStore` when
   *   the database can't be reached or belongs to another program
   */
  static async open(url: string, options: PostgresStoreOptions = {}): Promise<PostgresStore> {
    const { tenant = DEFAULT_TENANT, schema = SCHEMA_DEFAULT, busyTimeoutMs = BUSY_TIMEOUT_MS_DEFAULT } = options;
    const { connections = CONNECTIONS_DEFAULT, preparedStatements = true } = options;
    assertTenantId(tenant);
    assertSchemaName(schema);
    assertCount('busy timeout', busyTimeoutMs, BUSY_TIMEOUT_MS_MAX);
    assertCount('number of connections', connections, 1_000);
    const place = placeOf(url);
    const pool = openPool(url, connections, busyTimeoutMs);
    const settings = { tenant, lockTimeoutMs: busyTimeoutMs, namedStatements: preparedStatements };
    try {
      const client = await pool.connect();
      try {
        const role = await prepareDatabase(client, place, schema, settings);
        return new PostgresStore(new PostgresDatabase({ pool, place, schema, settings: { ...settings, role } }));
      } finally {
        client.release();
      }
    } catch (error) {
      await pool.end().catch(() => undefined);
      throw postgresFailure('EventStore', `open ${place}`, error);
    }
  }
}

function assertCount(what: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new KernelError('EventStore', `a ${what} of ${value} is none: it is a whole number from 1 to ${max}`);
}

/** The URL without what nobody should read in a log. */
function placeOf(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (error) {
    throw new KernelError('EventStore', 'a PostgreSQL database is named by postgres://user@host:port/database', {
      cause: error,
    });
  }
  return `${parsed.protocol}//${parsed.username === '' ? '' : `${parsed.username}@`}${parsed.host}${parsed.pathname}`;
}
