/** Writers to an SQLite file that are killed with SIGKILL in the middle of a write. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SqliteStore } from '../../src/stores';
import { expectWhole, KILLS, killWriters } from './killed-writers';
import { compileWriter } from './writer-process';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-killed-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

test(`given ${KILLS} writers on a file, when each is killed in the middle of a write, then nothing is lost and nothing half in`, async () => {
  const path = join(directory, 'log.db');

  const { writers, hits, misses, complaints } = await killWriters(compileWriter(directory), path);

  expect(complaints).toEqual([]);
  expect(hits).toBeGreaterThanOrEqual(KILLS);
  const store = SqliteStore.open(path);
  await expectWhole(store, writers, `SQLite: ${hits} writers killed in flight (${misses} more between two writes)`);
  await store.close();
  const db = new Database(path);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.pragma('foreign_key_check')).toEqual([]);
  db.close();
}, 600_000);
