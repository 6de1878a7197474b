import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { eventText } from '../../src/kernel/event-wire';
import { verifyChain } from '../../src/kernel/execution-log';
import type { LogStep } from '../../src/kernel/log-store';
import { verifyStoredChain } from '../../src/kernel/stored-chain';
import { SCHEMA_VERSION } from '../../src/stores/sql-migrations';
import { BLOCKING_TIMEOUT_MS, openSqliteFile } from '../../src/stores/sqlite-file';
import { SqliteStore } from '../../src/stores/sqlite-store';
import { logStoreContract, numbered, runRecord, stateUpdated, twoSteps } from '../../src/testing';
import { rejects } from '../../src/testing/contract-case';

const EVENT = 'tenant_id, run_id, seq, event';

const PATIENT = { busyTimeoutMs: 120_000 };

let directory: string;
let files = 0;
const opened: { close(): unknown }[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sqlite-store-'));
});

afterEach(async () => {
  for (const handle of opened.splice(0)) await handle.close();
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('SqliteStore keeps the contract of log stores', () => {
  const contract = logStoreContract(() => {
    const path = newPath();
    return { open: (tenant) => SqliteStore.open(path, { tenant }) };
  });
  for (const { name, run } of contract) test(name, run);
});

describe('given a new file, when it is opened', () => {
  test('then it is in write-ahead mode, flushes at every commit, waits for others and checks foreign keys', () => {
    const db = keep(openSqliteFile(newPath(), 12));
    const patient = keep(openSqliteFile(newPath(), 1_234));
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(db.pragma('busy_timeout', { simple: true })).toBe(12);
    // Longer waits are not SQLite's, which would block the event loop.
    expect(patient.pragma('busy_timeout', { simple: true })).toBe(BLOCKING_TIMEOUT_MS);
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
  });

  test('then its schema is the newest, and its tables are strict', () => {
    const db = keep(openSqliteFile(newPath(), 0));
    expect(db.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
    const tables = db.pragma('table_list') as {
      readonly schema: string;
      readonly name: string;
      readonly strict: number;
    }[];
    const ours = tables.filter(({ schema, name }) => schema === 'main' && !name.startsWith('sqlite_'));
    expect(ours.map(({ name }) => name).sort()).toEqual([
      'artifacts',
      'events',
      'execution_events',
      'positions',
      'runs',
      'snapshots',
    ]);
    expect(ours.every(({ strict }) => strict === 1)).toBe(true);
  });
});

describe('given a store that was closed', () => {
  test('when its file is opened again, then everything is found', async () => {
    const path = newPath();
    const steps = twoSteps(runRecord('mirrored'));
    const before = SqliteStore.open(path);
    await before.append('appended', numbered('a', 3));
    for (const step of steps) await before.writeStep(step);
    await before.close();
    const after = keep(SqliteStore.open(path));
    expect(await after.head('appended')).toBe(3);
    expect((await after.scan('appended', 1)).map(({ event }) => event)).toEqual(numbered('a', 3));
    expect(await after.scanLog('mirrored', 1)).toEqual(steps.flatMap(({ entries }) => entries));
    expect(await after.loadRun('mirrored')).toEqual({ ...runRecord('mirrored'), head: 5, position: { event: 20 } });
    expect(await after.loadLatest('mirrored')).toEqual({ runId: 'mirrored', atSeq: 5, state: { n: 5 } });
  });

  test('when it is used, then every call fails with a kernel error', async () => {
    const store = SqliteStore.open(newPath());
    await store.close();
    await rejects('EventStore', store.append('r', [{ type: 'Completed' }]));
    await rejects('EventStore', store.scan('r', 1));
    await rejects('EventStore', store.head('r'));
    await rejects('EventStore', store.loadRun('r'));
    await rejects('EventStore', store.scanLog('r', 1));
    await rejects('EventStore', store.writeStep(twoSteps(runRecord('r'))[0]));
    await rejects('SnapshotStore', store.loadLatest('r'));
    await rejects('SnapshotStore', store.save({ runId: 'r', atSeq: 1, state: 1 }));
  });
});

describe('given a file that is not ours, when it is opened, then it is refused and left as it was', () => {
  test('a text', () => {
    for (const content of [
      'x',
      'xy',
      'this is no database\n',
      'no database '.repeat(1_000),
      `SQLite format 3\0${'x'.repeat(5_000)}`,
    ]) {
      const path = newPath();
      writeFileSync(path, content);
      expect(refusal(path)).toMatchObject({
        code: 'EventStore',
        message: `EventStore error: ${path} is not an SQLite database`,
      });
      expect(readFileSync(path, 'utf8')).toBe(content);
    }
  });

  test('the database of another program', () => {
    const path = newPath();
    const db = new Database(path);
    db.exec('CREATE TABLE notes (text TEXT)');
    db.close();
    const content = readFileSync(path);
    expect(refusal(path)).toMatchObject({ code: 'EventStore', message: expect.stringContaining('another program') });
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  test('a schema newer than known', () => {
    const path = newPath();
    const db = openSqliteFile(path, 0);
    db.pragma('user_version = 99');
    db.close();
    expect(refusal(path)).toMatchObject({
      code: 'SchemaTooNew',
      message: expect.stringMatching(/schema version 99, newer than \d+, .*: update temporal-kernel/),
    });
  });

  test('a directory, and a file in a directory that is not there', () => {
    const path = newPath();
    mkdirSync(path);
    expect(refusal(path)).toMatchObject({ code: 'EventStore' });
    expect(refusal(join(directory, 'nowhere', 'log.db'))).toMatchObject({ code: 'EventStore' });
    expect(existsSync(join(directory, 'nowhere'))).toBe(false);
  });

  test('a place without a write-ahead log', () => {
    expect(refusal(':memory:')).toMatchObject({
      code: 'NotDurable',
      message: expect.stringContaining('write-ahead log'),
    });
  });

  test('a busy timeout that is none', () => {
    for (const busyTimeoutMs of [-1, 0.5, Number.NaN, 2 ** 31]) {
      expect(() => SqliteStore.open(newPath(), { busyTimeoutMs })).toThrow('busy timeout');
    }
  });
});

describe('given what happened, when anybody tries to change it in the database, then the database refuses', () => {
  test.each([
    ['an event is updated', 'UPDATE events SET event = \'"Completed"\' WHERE seq = 1'],
    ['a seq is updated', 'UPDATE events SET seq = 9 WHERE seq = 5'],
    ['an event is deleted', 'DELETE FROM events WHERE seq = 5'],
    ['all events are deleted', 'DELETE FROM events'],
    ['an event is replaced', `REPLACE INTO events (${EVENT}) VALUES ('default', 'r', 1, '"Completed"')`],
    ['an event is skipped', `INSERT INTO events (${EVENT}) VALUES ('default', 'r', 7, '"Completed"')`],
    ['an event has half of its hashes', `INSERT INTO events (${EVENT}, hash) VALUES ('default', 'r', 6, '""', '00')`],
    ['a hash is updated', "UPDATE events SET hash = '00' WHERE seq = 1"],
    ['an origin is updated', 'UPDATE events SET time_ms = 0'],
    ['a tenant is updated', "UPDATE events SET tenant_id = 'other'"],
    ['a run is updated', "UPDATE runs SET program = 'other'"],
    ['a run is deleted', 'DELETE FROM runs'],
    ['a run is replaced', "REPLACE INTO runs VALUES ('default', 'r', '', '', '', '', 1)"],
    ['an execution event is updated', "UPDATE execution_events SET event = ''"],
    ['an execution event is deleted', 'DELETE FROM execution_events'],
    ['an execution event is replaced', "REPLACE INTO execution_events VALUES ('default', 'e', 1, '', 0)"],
    ['an execution event is skipped', "INSERT INTO execution_events VALUES ('default', 'e', 3, '', 0)"],
    ['a text is put where a number belongs', "INSERT INTO snapshots VALUES ('default', 'r', 'x', '1')"],
  ])('%s', async (_, sql) => {
    const path = newPath();
    const store = keep(SqliteStore.open(path));
    const steps = twoSteps(runRecord('r'));
    for (const step of steps) await store.writeStep(step);
    const executionEvent = "INSERT INTO execution_events VALUES ('default', 'e', 1, '{}', 5)";
    keep(new Database(path)).exec(executionEvent);
    // A stranger's handle: nothing is set on it but what better-sqlite3 sets on every handle.
    const stranger = keep(new Database(path));
    expect(() => stranger.exec(sql)).toThrow();
    expect(await store.scanLog('r', 1)).toEqual(steps.flatMap(({ entries }) => entries));
    expect(await store.head('r')).toBe(5);
  });
});

describe('given a row that was tampered with, when it is read, then the error names run and seq', () => {
  test.each([
    ['no JSON', 'oops'],
    ['an unknown kind', '{"Invented":{"value":1}}'],
    ['a missing field', '{"Resumed":{}}'],
    ['a number beyond JSON', '{"Resumed":{"value":1e999}}'],
    ['a lone surrogate', '{"Resumed":{"value":"\\ud800"}}'],
    ['a depth that overflows', `{"Resumed":{"value":${'['.repeat(9_000)}${']'.repeat(9_000)}}}`],
    ['nothing', ''],
  ])('an event that is %s', async (_, event) => {
    const store = await tampered((db) => db.prepare('UPDATE events SET event = ? WHERE seq = 2').run(event));
    for (const read of [() => store.scan('it\'s "r"', 1), () => store.scanLog('it\'s "r"', 1)]) {
      await rejects('LogCorrupt', read());
      await expect(read()).rejects.toThrow('the log of run "it\'s \\"r\\"" at seq 2 can\'t be read');
    }
    expect((await store.scanLog('it\'s "r"', 1, 1)).length).toBe(1);
    expect((await store.scan('it\'s "r"', 3)).length).toBe(3);
  });

  test('an event that is gone from the middle', async () => {
    const store = await tampered((db) => db.exec('DELETE FROM events WHERE seq = 3'));
    for (const promise of [store.scan('it\'s "r"', 1), store.scanLog('it\'s "r"', 1), store.scan('it\'s "r"', 3)]) {
      await expect(promise).rejects.toMatchObject({
        code: 'LogCorrupt',
        message: expect.stringContaining('at seq 3 is missing'),
      });
    }
  });

  test('events that are gone from the end of a mirrored run: it takes no more, and its verification names the seq', async () => {
    const runId = 'it\'s "r"';
    const store = await tampered((db) => db.exec('DELETE FROM events WHERE seq >= 4'));
    const gone = { code: 'LogCorrupt', seq: 4, message: expect.stringContaining('at seq 4 is missing') };
    const next = { ...twoSteps(runRecord(runId))[1], expectedPosition: { event: 20 } };
    await expect(store.writeStep(next)).rejects.toMatchObject(gone);
    expect(await verifyStoredChain(store, runId)).toMatchObject({ ok: false, seq: 4 });
  });

  test('hashes that are gone', async () => {
    const store = await tampered((db) => {
      db.pragma('ignore_check_constraints = ON');
      db.exec('UPDATE events SET seal = NULL WHERE seq = 2');
    });
    await expect(store.scanLog('it\'s "r"', 1)).rejects.toMatchObject({ code: 'LogCorrupt', seq: 2 });
  });

  test.each(['oops', '', '1e999', '"\\udfff"'])('a snapshot whose state is %j', async (state) => {
    const store = await tampered((db) => db.prepare('UPDATE snapshots SET state = ? WHERE at_seq = 5').run(state));
    const place = 'the snapshot of run "it\'s \\"r\\"" at seq 5 can\'t be read';
    const error = { code: 'SnapshotCorrupt', message: expect.stringContaining(place) };
    await expect(store.loadLatest('it\'s "r"')).rejects.toMatchObject(error);
    expect((await store.loadLatest('it\'s "r"', 4))?.atSeq).toBe(3);
  });

  test.each([
    ['its initial state', "UPDATE runs SET initial_state = 'oops'"],
    ['its position', "UPDATE positions SET position = '{'"],
    ['its position', 'DELETE FROM positions'],
  ])('a run without %s: %s', async (what, sql) => {
    const store = await tampered((db) => db.exec(sql));
    const message = expect.stringMatching(/the record of run "it's \\"r\\"" is not whole: /);
    await expect(store.loadRun('it\'s "r"')).rejects.toMatchObject({ code: 'LogCorrupt', message });
    expect(what).toMatch(/^its/);
  });

  test('a changed payload that still parses: the chain names it', async () => {
    const store = await tampered((db) =>
      db.prepare('UPDATE events SET event = ? WHERE seq = 2').run(eventText(stateUpdated(0))),
    );
    const verdict = verifyChain(runRecord('it\'s "r"').genesisHash, await store.scanLog('it\'s "r"', 1));
    expect(verdict).toMatchObject({ ok: false, seq: 2 });
  });
});

describe('given another writer', () => {
  test('when it holds the file for too long, then a kernel error says so, and nothing is written', async () => {
    const path = newPath();
    const store = keep(SqliteStore.open(path, { busyTimeoutMs: 0 }));
    const [first] = twoSteps(runRecord('mirrored'));
    const other = keep(new Database(path));
    other.exec('BEGIN IMMEDIATE');
    const busy = { code: 'StoreBusy', message: expect.stringContaining('another writer held the file') };
    await expect(store.append('r', [{ type: 'Completed' }])).rejects.toMatchObject(busy);
    await expect(store.writeStep(first)).rejects.toMatchObject(busy);
    await rejects('StoreBusy', store.save({ runId: 'r', atSeq: 1, state: 1 }));
    expect(await store.head('r')).toBe(0);
    other.exec('ROLLBACK');
    expect(await store.append('r', [{ type: 'Completed' }])).toBe(1);
    await store.writeStep(first);
  });

  test('when a write fails in its middle, then all of it is undone', async () => {
    const path = newPath();
    const store = keep(SqliteStore.open(path));
    const [first, second] = twoSteps(runRecord('r'));
    await store.writeStep(first);
    const other = keep(new Database(path));
    other.exec(`CREATE TRIGGER full BEFORE UPDATE ON positions BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`);
    await expect(store.writeStep(second)).rejects.toMatchObject({
      code: 'EventStore',
      message: expect.stringContaining('the disk is full'),
    });
    expect(await store.scanLog('r', 1)).toEqual(first.entries);
    expect((await store.loadLatest('r'))?.atSeq).toBe(3);
    other.exec('DROP TRIGGER full');
    await store.writeStep(second);
    expect((await store.loadRun('r'))?.position).toEqual(second.position);
  });

  test('on a handle of its own, when both append, then nothing is lost and no batch is split', async () => {
    const path = newPath();
    const handles = [keep(SqliteStore.open(path, PATIENT)), keep(SqliteStore.open(path, PATIENT))] as const;
    const batches = Array.from({ length: 40 }, (_, batch) => numbered(`batch ${batch}`, 3));
    const heads = await Promise.all(
      batches.map((batch, index) => (index % 2 === 0 ? handles[0] : handles[1]).append('r', batch)),
    );
    const events = (await handles[0].scan('r', 1)).map(({ event }) => event);
    expect(events.length).toBe(120);
    batches.forEach((batch, index) => {
      expect(events.slice((heads[index] as number) - 3, heads[index])).toEqual(batch);
    });
  });

  test('on a handle of its own, when both write the same step, then it is in once', async () => {
    const path = newPath();
    const left = keep(SqliteStore.open(path, PATIENT));
    const right = keep(SqliteStore.open(path, PATIENT));
    for (const step of twoSteps(runRecord('r'))) {
      const outcomes = await Promise.allSettled([left.writeStep(step), right.writeStep(step)]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    }
    expect(await right.loadRun('r')).toEqual(await left.loadRun('r'));
    expect(await right.head('r')).toBe(5);
  });
});

/** A file that no other test uses. */
function newPath(): string {
  files += 1;
  return join(directory, `log ${files}'s%20.db`);
}

/** Closes it after the test. */
function keep<T extends { close(): unknown }>(handle: T): T {
  opened.push(handle);
  return handle;
}

function refusal(path: string): unknown {
  try {
    keep(SqliteStore.open(path));
  } catch (error) {
    return error;
  }
  return null;
}

/** A store with two steps, after somebody took the triggers away and had his way with it. */
async function tampered(change: (db: Database.Database) => unknown): Promise<SqliteStore> {
  const path = newPath();
  const store = SqliteStore.open(path);
  for (const step of twoSteps(runRecord('it\'s "r"')) as readonly LogStep[]) await store.writeStep(step);
  await store.close();
  const db = new Database(path);
  db.pragma('foreign_keys = OFF');
  const triggers = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all() as string[];
  for (const trigger of triggers) db.exec(`DROP TRIGGER ${trigger}`);
  change(db);
  db.close();
  return keep(SqliteStore.open(path));
}
