/**
 * Opening a PostgreSQL database: what it must be, its schema, and the role in which a store works.
 *
 * Guarantees: a database that opens acknowledges only what is on disk, keeps texts as UTF-8, has the newest schema, and holds
 * row-level security against this very session, which was asked. A login role that could look past it (a superuser, or
 * one with BYPASSRLS) is stepped down from in every transaction; where that can't be, the database is refused.
 */
import { Pool, types, type PoolClient } from 'pg';
import { KernelError, messageOf } from '../kernel/error';
import { postgresBuilder } from './postgres-database';
import { sqlStateOf } from './postgres-failure';
import { grantsFor, postgresSchema, RESTRICTED_ROLE } from './postgres-schema';
import { assertDurable, Session, type SessionSettings } from './postgres-session';
import { MIGRATIONS, SCHEMA_VERSION, schemaTooNew, TABLES } from './sql-migrations';

/** PostgreSQL's number for the type of `bigint`. */
const BIGINT = 20;

/** The driver's own parsers of texts. Its enum of types names but a few of them. */
const parsers: { readonly getTypeParser: (oid: number) => unknown } = types;

/** Errors of a role that is there already, or is being made by somebody else at this moment. */
const ROLE_IS_THERE: readonly string[] = ['42710', '23505', 'XX000'];

const MISSING_RIGHT = '42501';

/** A pool whose connections send statements without waiting for the answers to earlier ones. */
export function openPool(url: string, size: number, timeoutMs: number): Pool {
  const pool = new Pool({
    connectionString: url,
    max: size,
    connectionTimeoutMillis: timeoutMs,
    application_name: 'temporal-kernel',
    keepAlive: true,
    pipeline: true,
    types: { getTypeParser: (oid: number) => (oid === BIGINT ? Number : parsers.getTypeParser(oid)) },
  });
  const ignore = (): void => undefined;
  // Whoever uses a connection hears of its end by his own query; an idle one that breaks is replaced.
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  return pool;
}

/**
 * Checks the database and brings its schema up to date.
 *
 * @returns the role to step down to in each transaction; null when the login role is held by row-level security as it is
 * @throws KernelError `NotDurable`, `NotIsolated`, `SchemaTooNew`, `EventStore`
 */
export async function prepareDatabase(
  client: PoolClient,
  place: string,
  schema: string,
  settings: Omit<SessionSettings, 'role'>,
): Promise<string | null> {
  const bypasses = await assertFit(client, place);
  if ((await versionIn(client, schema, place)) < SCHEMA_VERSION) await migrate(client, schema, place);
  const role = bypasses ? await restrictedRole(client, schema, place) : null;
  await assertIsolated(client, schema, place, { ...settings, role });
  return role;
}

/** @returns whether row-level security does not hold for the role */
async function assertFit(client: PoolClient, place: string): Promise<boolean> {
  const { rows } = await client.query<{
    readonly synchronous_commit: string;
    readonly fsync: string;
    readonly server_encoding: string;
    readonly bypasses: boolean;
  }>(
    `SELECT current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
            current_setting('server_encoding') AS server_encoding,
            (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) AS bypasses`,
  );
  const [row] = rows;
  if (row === undefined) throw new KernelError('EventStore', `${place} answers nothing`);
  assertDurable(row.synchronous_commit);
  if (row.fsync === 'off') {
    throw new KernelError(
      'NotDurable',
      `${place} is set to fsync = off: a crash would lose everything. Set it to "on"`,
    );
  }
  if (row.server_encoding !== 'UTF8') {
    throw new KernelError('EventStore', `${place} is encoded in ${row.server_encoding}: make a database in UTF8`);
  }
  return row.bypasses;
}

/** The version of the schema; 0 when there is none. */
async function versionIn(client: PoolClient, schema: string, place: string): Promise<number> {
  const { rows } = await client.query<{ readonly made: boolean; readonly foreign: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'migrations') AS made,
            EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = $1) AS foreign`,
    [schema],
  );
  if (rows[0]?.made !== true) {
    if (rows[0]?.foreign !== true) return 0;
    throw new KernelError(
      'EventStore',
      `the schema ${schema} in ${place} belongs to another program: name another one`,
    );
  }
  const found = await client.query<{ readonly version: number | null }>(
    `SELECT max(version) AS version FROM ${schema}.migrations`,
  );
  const version = found.rows[0]?.version ?? 0;
  if (version > SCHEMA_VERSION) throw schemaTooNew(`the schema ${schema} in ${place}`, version);
  return version;
}

async function migrate(client: PoolClient, schema: string, place: string): Promise<void> {
  await inTransaction(client, schema, async () => {
    // Another process may have done it while this one waited.
    const version = await versionIn(client, schema, place);
    const { rows } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
    // Not IF NOT EXISTS: that needs the right to make schemas even where there is nothing to make.
    if (rows.length === 0) await client.query(`CREATE SCHEMA ${schema}`);
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${schema}.migrations
       (version bigint PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const builder = postgresBuilder(schema);
    const dialect = postgresSchema(schema);
    for (const [index, migration] of MIGRATIONS.slice(version).entries()) {
      for (const statement of migration(builder, dialect)) await client.query(statement);
      await client.query(`INSERT INTO ${schema}.migrations (version) VALUES ($1)`, [version + index + 1]);
    }
  });
}

/** Makes the role to step down to, if it is not there, and gives it its rights. */
async function restrictedRole(client: PoolClient, schema: string, place: string): Promise<string> {
  try {
    const { rows } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [RESTRICTED_ROLE]);
    if (rows.length === 0) {
      await client.query(`CREATE ROLE ${RESTRICTED_ROLE} NOLOGIN`).catch((error: unknown) => {
        if (!ROLE_IS_THERE.includes(sqlStateOf(error) ?? '')) throw error;
      });
    }
    const { rows: rights } = await client.query<{ readonly all: boolean }>(
      'SELECT bool_and(has_table_privilege($1, name, $2)) AS all FROM unnest($3::text[]) AS name',
      [RESTRICTED_ROLE, 'INSERT', TABLES.map((table) => `${schema}.${table}`)],
    );
    if (rights[0]?.all !== true) {
      await inTransaction(client, schema, async () => {
        for (const grant of grantsFor(schema, RESTRICTED_ROLE)) await client.query(grant);
      });
    }
    return RESTRICTED_ROLE;
  } catch (error) {
    if (sqlStateOf(error) === MISSING_RIGHT) throw notIsolated(place, messageOf(error), error);
    throw error;
  }
}

/** Asks the database itself, in a transaction as the store will use it. */
async function assertIsolated(
  client: PoolClient,
  schema: string,
  place: string,
  settings: SessionSettings,
): Promise<void> {
  const question = {
    sql: 'SELECT bool_and(row_security_active(name)) AS isolated FROM unnest($1::text[]) AS name',
    values: [TABLES.map((table) => `${schema}.${table}`)],
  };
  const [answer] = await new Session(client, settings).read([question]).catch((error: unknown) => {
    if (sqlStateOf(error) === MISSING_RIGHT) throw notIsolated(place, messageOf(error), error);
    throw error;
  });
  const [row] = (answer?.rows ?? []) as readonly { readonly isolated: boolean }[];
  if (row?.isolated !== true) throw notIsolated(place, 'row-level security is not in force for this role');
}

/** Under a lock, so that any number of processes may open an empty database at once. */
async function inTransaction(client: PoolClient, schema: string, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`temporal-kernel schema ${schema}`]);
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function notIsolated(place: string, reason: string, cause?: unknown): KernelError {
  const advice =
    'connect with a role that is neither a superuser nor has BYPASSRLS, and let it own the database: ' +
    'CREATE ROLE runs LOGIN PASSWORD …; CREATE DATABASE runs OWNER runs';
  return new KernelError('NotIsolated', `${place} would not keep tenants apart (${reason}): ${advice}`, { cause });
}
