/** A file that was damaged on purpose: its verification notices, and names the first seq that is wrong. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { ChainVerdict } from '../../src/kernel/execution-log';
import { verifyStoredChain } from '../../src/kernel/stored-chain';
import { SqliteStore } from '../../src/stores';
import { chainedSteps, runRecord, stateUpdated } from '../../src/testing';

const RUN = 'damaged';
const STEPS = 40;
const PER_STEP = 50;
const HEAD = STEPS * PER_STEP;

let directory: string;
let whole: string;
let copies = 0;

/** What stands in the payload of an event, and nowhere else in the file. */
const markOf = (seq: number): string => `mark of ${String(seq).padStart(6, '0')} `;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-damaged-'));
  whole = join(directory, 'whole.db');
  const store = SqliteStore.open(whole);
  let seq = 0;
  const sketches = Array.from({ length: STEPS }, (_, index) => ({
    events: Array.from({ length: PER_STEP }, () => stateUpdated({ text: markOf((seq += 1)).repeat(8) })),
    position: { step: index },
    snapshotAt: (index + 1) * PER_STEP,
  }));
  for (const step of chainedSteps(runRecord(RUN), sketches)) await store.writeStep(step);
  await store.close();
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

test('given the file as it was written, when it is verified, then it is whole', async () => {
  expect(await verdictOn(copy())).toMatchObject({ ok: true, head: HEAD });
});

test.each([1, 2, 731, 1_000, HEAD])(
  'given a flipped byte in the payload of event %i, when the file is verified, then that seq is named',
  async (seq) => {
    const path = copy();
    const content = readFileSync(path);
    const at = content.indexOf(markOf(seq));
    expect(at).toBeGreaterThan(0);
    // 'm' becomes 'l': the text is still JSON, and of the same length.
    content[at] = (content[at] as number) ^ 1;
    writeFileSync(path, content);
    expect(await verdictOn(path)).toMatchObject({ ok: false, seq, reason: expect.stringContaining(`entry ${seq}`) });
  },
);

test('given a byte that makes a payload no JSON, when the file is verified, then that seq is named', async () => {
  const path = copy();
  const content = readFileSync(path);
  content[content.indexOf(markOf(444))] = 0x0a;
  writeFileSync(path, content);
  expect(await verdictOn(path)).toMatchObject({ ok: false, seq: 444 });
});

test.each([
  ['the first', 1, 'DELETE FROM events WHERE seq = 1'],
  ['one in the middle', 731, 'DELETE FROM events WHERE seq = 731'],
  ['the last', HEAD, `DELETE FROM events WHERE seq = ${HEAD}`],
  ['the whole end', 1_501, 'DELETE FROM events WHERE seq > 1500'],
  ['everything', 1, 'DELETE FROM events'],
])(
  'given that %s was removed with the triggers off, when the file is verified, then seq %i is named',
  async (_, seq, sql) => {
    expect(await verdictOn(changed(sql))).toMatchObject({ ok: false, seq });
  },
);

test.each([
  ['an event was changed', 731, `UPDATE events SET event = replace(event, 'mark', 'mork') WHERE seq = 731`],
  ['an origin was changed', 732, 'UPDATE events SET time_ms = time_ms + 1 WHERE seq = 732'],
  ['a state hash was changed', 733, `UPDATE events SET state_hash = hash WHERE seq = 733`],
  [
    'two events were swapped',
    10,
    `UPDATE events SET event = (SELECT event FROM events AS other WHERE other.seq = 21 - events.seq) WHERE seq IN (10, 11)`,
  ],
  ['a snapshot was changed', 100, `UPDATE snapshots SET state = '{"n":7}' WHERE at_seq = 100`],
  ['a snapshot can not be read', 100, `UPDATE snapshots SET state = 'oops' WHERE at_seq = 100`],
  ['a snapshot was put beyond the log', 9_999, `UPDATE snapshots SET at_seq = 9999 WHERE at_seq = ${HEAD}`],
  ['the beginning was changed', 0, `UPDATE runs SET initial_state = '{"n":7}'`],
  ['the program was changed', 0, `UPDATE runs SET program = 'other'`],
  ['the recorded head was changed', 1_501, 'UPDATE positions SET head = 1500'],
  ['the position is gone', 0, 'DELETE FROM positions'],
])('given that %s, when the file is verified, then seq %i is named', async (_, seq, sql) => {
  expect(await verdictOn(changed(sql))).toMatchObject({ ok: false, seq });
});

test.each([0.97, 0.9, 0.75, 0.5, 0.25, 0.1])(
  'given a file of which %d is left, when it is opened, then it is refused; and when what is left is verified, then the first seq that is gone is named',
  async (share) => {
    const path = copy();
    const content = readFileSync(path);
    const left = content.subarray(0, Math.floor(content.length * share));
    truncateSync(path, left.length);
    expect(refusalOf(() => SqliteStore.open(path))).toMatchObject({ code: 'LogCorrupt' });

    const store = SqliteStore.openDamaged(path);
    const verdict = await verifyStoredChain(store, RUN);
    await expect(store.append('r', [{ type: 'Completed' }])).rejects.toMatchObject({ name: 'KernelError' });
    await store.close();

    let firstGone = 1;
    while (left.includes(markOf(firstGone))) firstGone += 1;
    expect(verdict.ok).toBe(false);
    if (verdict.ok) return;
    // The page that leads to an event may be gone while the event is there; never the other way round.
    expect(verdict.seq).toBeGreaterThan(0);
    expect(verdict.seq).toBeLessThanOrEqual(firstGone);
  },
);

test('given a file of which hardly anything is left, when it is opened, then it is refused as damaged', () => {
  const path = copy();
  truncateSync(path, 3_000);
  expect(refusalOf(() => SqliteStore.open(path))).toMatchObject({ code: 'LogCorrupt' });
  expect(refusalOf(() => SqliteStore.openDamaged(path))).toMatchObject({ code: 'LogCorrupt' });
});

function refusalOf(open: () => unknown): unknown {
  try {
    open();
  } catch (error) {
    return error;
  }
  return null;
}

function copy(): string {
  const path = join(directory, `copy ${(copies += 1)}.db`);
  copyFileSync(whole, path);
  return path;
}

/** A copy in which somebody who took the triggers away changed something. */
function changed(sql: string): string {
  const path = copy();
  const db = new Database(path);
  db.pragma('foreign_keys = OFF');
  for (const name of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all() as string[]) {
    db.exec(`DROP TRIGGER ${name}`);
  }
  expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
  db.close();
  return path;
}

async function verdictOn(path: string): Promise<ChainVerdict> {
  const store = SqliteStore.open(path);
  try {
    return await verifyStoredChain(store, RUN);
  } finally {
    await store.close();
  }
}
