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
import { APPLICATION_ID, SCHEMA_MIGRATIONS } from './sqlite-schema';

/** The longest wait that SQLite can be told. */
const BUSY_TIMEOUT_MS_MAX = 2 ** 31 - 1;

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
  if (!Number.isInteger(busyTimeoutMs) || busyTimeoutMs < 0 || busyTimeoutMs > BUSY_TIMEOUT_MS_MAX) {
    throw new KernelError('EventStore', `a busy timeout of ${busyTimeoutMs} ms is none that SQLite can keep`);
  }
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { timeout: busyTimeoutMs });
    assertNoSingleByte(db.name);
    assertOursAtOnce(path, db);
    configure(path, db, busyTimeoutMs);
    migrate(path, db);
    return db;
  } catch (error) {
    db?.close();
    if (isNoDatabase(error)) throw new KernelError('EventStore', `${path} is not an SQLite database`, { cause: error });
    throw sqliteFailure('EventStore', `open ${path}`, error);
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
  set(path, db, 'busy_timeout', busyTimeoutMs);
  set(path, db, 'foreign_keys', 1);
}

function set(path: string, db: Database.Database, pragma: string, value: number): void {
  db.pragma(`${pragma} = ${value}`);
  const read = db.pragma(pragma, { simple: true });
  if (read !== value) throw new KernelError('EventStore', `${path}: ${pragma} is ${String(read)} and must be ${value}`);
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
      throw new KernelError('EventStore', `${path}: ${answer}; use a file on a local disk`);
    } catch (error) {
      if (!isBusy(error) || waitedMs >= busyTimeoutMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_RETRY_MS);
    }
  }
}

function migrate(path: string, db: Database.Database): void {
  if (versionOf(db) === SCHEMA_MIGRATIONS.length) return;
  const bringUpToDate = db.transaction(() => {
    // Another process may have done it, or something else, while this one waited.
    assertOurs(path, db);
    for (const migration of SCHEMA_MIGRATIONS.slice(versionOf(db))) db.exec(migration);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_MIGRATIONS.length}`);
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
  const known = SCHEMA_MIGRATIONS.length;
  if (version > known) {
    throw new KernelError(
      'EventStore',
      `${path} has schema version ${version}, newer than ${known}, the newest known here`,
    );
  }
  const applicationId = db.pragma('application_id', { simple: true });
  if (applicationId === APPLICATION_ID && version > 0) return;
  const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (applicationId !== 0 || version !== 0 || !isEmpty) {
    throw new KernelError('EventStore', `${path} is the SQLite database of another program`);
  }
}

function versionOf(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}
