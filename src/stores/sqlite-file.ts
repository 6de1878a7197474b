/**
 * Opening the file of the SQLite store: settings, schema, and the refusal of files that are not ours.
 *
 * Guarantees: a file that opens is in write-ahead mode, flushes at every commit, waits for other writers, checks
 * foreign keys and has the newest schema; each setting was read back. A file that is refused is left as it was.
 */
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { KernelError } from '../kernel/error';
import { isBusy, isNoDatabase, sqliteFailure } from './sqlite-failure';
import { MIGRATIONS, SCHEMA_VERSION, schemaTooNew } from './sql-migrations';
import { sqliteBuilder } from './sqlite-database';
import { APPLICATION_ID, SQLITE_SCHEMA } from './sqlite-schema';

/**
 * How long SQLite itself waits for another handle, blocking the event loop. Longer waits are the store's affair, which
 * waits without blocking.
 */
export const BLOCKING_TIMEOUT_MS = 20;

/** The pause between two attempts to enter write-ahead mode. */
const WAL_RETRY_MS = 10;

/**
 * Opens the file, makes it if there is none, and brings its schema up to date.
 *
 * @param busyTimeoutMs how long to wait for another writer, in milliseconds
 * @throws KernelError `EventStore` for a file that can't be opened, is no SQLite database, belongs to another program, has a
 *   newer schema, or lies where SQLite can't keep a write-ahead log
 */
export function openSqliteFile(path: string, busyTimeoutMs: number): Database.Database {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { timeout: busyTimeoutMs });
    assertNoSingleByte(db.name);
    assertOursAtOnce(path, db);
    configure(path, db, busyTimeoutMs);
    migrate(path, db);
    // Opening waits as long as it takes, for it is done once; from here on nobody blocks the event loop for long.
    set(path, db, 'busy_timeout', Math.min(busyTimeoutMs, BLOCKING_TIMEOUT_MS));
    return db;
  } catch (error) {
    db?.close();
    if (isNoDatabase(error)) throw new KernelError('EventStore', `${path} is not an SQLite database`, { cause: error });
    throw sqliteFailure('EventStore', `open ${path}`, error);
  }
}

/**
 * Opens what is left of a damaged file, to read only. SQLite refuses a file that is shorter than its header says as a
 * whole; here the pages that are there can be read, and each that is not is an error of its own.
 *
 * @throws KernelError `EventStore` for a file that can't be opened, `LogCorrupt` where not even its beginning is there
 */
export function openDamagedSqliteFile(path: string): Database.Database {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    // The one setting under which SQLite goes on without the pages that are missing; nothing is ever written.
    db.unsafeMode(true);
    db.pragma('writable_schema = ON');
    db.prepare('SELECT 1 FROM sqlite_schema').get();
    return db;
  } catch (error) {
    db?.close();
    throw sqliteFailure('EventStore', `open what is left of ${path}`, error);
  }
}

/**
 * SQLite takes a file of one byte for an empty database and would write over it; anything longer it judges itself. Only
 * the size is asked for: closing a file of one's own would cancel the locks that this process holds on it.
 */
function assertNoSingleByte(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.size === 1) {
    throw new KernelError('EventStore', `${path} is not an SQLite database`);
  }
}

function configure(path: string, db: Database.Database, busyTimeoutMs: number): void {
  enterWriteAheadMode(path, db, busyTimeoutMs);
  // In write-ahead mode this build's default would only flush at checkpoints: a power cut would lose committed steps.
  set(path, db, 'synchronous', 2);
  set(path, db, 'foreign_keys', 1);
}

function set(path: string, db: Database.Database, pragma: string, value: number): void {
  db.pragma(`${pragma} = ${value}`);
  const read = db.pragma(pragma, { simple: true });
  if (read !== value) throw new KernelError('NotDurable', `${path}: ${pragma} is ${String(read)} and must be ${value}`);
}

/**
 * SQLite does not wait when two handles change the mode of a new file at once (it sees a deadlock and gives up), so the
 * waiting is done here.
 */
function enterWriteAheadMode(path: string, db: Database.Database, busyTimeoutMs: number): void {
  for (let waitedMs = 0; ; waitedMs += WAL_RETRY_MS) {
    try {
      const mode = db.pragma('journal_mode = WAL', { simple: true });
      if (mode === 'wal') return;
      const answer = `SQLite can't keep a write-ahead log here (journal_mode is ${JSON.stringify(mode)})`;
      throw new KernelError('NotDurable', `${path}: ${answer}; use a file on a local disk`);
    } catch (error) {
      if (!isBusy(error) || waitedMs >= busyTimeoutMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_RETRY_MS);
    }
  }
}

function migrate(path: string, db: Database.Database): void {
  if (versionOf(db) === SCHEMA_VERSION) return;
  const bringUpToDate = db.transaction(() => {
    // Another process may have done it, or something else, while this one waited.
    assertOurs(path, db);
    const builder = sqliteBuilder();
    for (const migration of MIGRATIONS.slice(versionOf(db))) {
      for (const statement of migration(builder, SQLITE_SCHEMA)) db.exec(statement);
    }
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  });
  bringUpToDate.immediate();
}

/** In one transaction: another process may be making the schema between two reads. */
function assertOursAtOnce(path: string, db: Database.Database): void {
  const read = db.transaction(() => {
    assertOurs(path, db);
  });
  read.deferred();
}

/** Passes an empty file and a file of this store; it changes nothing. */
function assertOurs(path: string, db: Database.Database): void {
  const version = versionOf(db);
  const applicationId = db.pragma('application_id', { simple: true });
  if (applicationId === APPLICATION_ID && version > SCHEMA_VERSION) throw schemaTooNew(path, version);
  if (applicationId === APPLICATION_ID && version > 0) return;
  const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (applicationId !== 0 || version !== 0 || !isEmpty) {
    throw new KernelError('EventStore', `${path} is the SQLite database of another program`);
  }
}

function versionOf(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}
