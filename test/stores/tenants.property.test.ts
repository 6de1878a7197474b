/** No call gives another tenant's row, for any mix of ids; and hostile ids are refused or plain text. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isKernelError } from '../../src/kernel/error';
import type { LogStore } from '../../src/kernel/log-store';
import { MemoryStore, SqliteStore } from '../../src/stores';
import { nextStep, runRecord, stateUpdated } from '../../src/testing';
import { PostgresForTests } from './postgres-place';

let directory: string;
let postgres: PostgresForTests;
const opened = new Map<string, LogStore>();

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-tenants-'));
  postgres = await PostgresForTests.start();
});

afterAll(async () => {
  for (const store of opened.values()) await store.close();
  await postgres.stop();
  rmSync(directory, { recursive: true });
});

const memory = new MemoryStore();

const PLACES: readonly (readonly [string, (tenant: string) => LogStore | Promise<LogStore>])[] = [
  ['memory', (tenant) => memory.forTenant(tenant)],
  ['SQLite', (tenant) => SqliteStore.open(join(directory, 'log.db'), { tenant })],
  ['PostgreSQL', (tenant) => postgres.open({ tenant, connections: 1 })],
];

/** Few, so that runs meet; and such that one's id says another's name. */
const TENANTS = ['a', 'A', 'b', "a' OR '1'='1", 'a/b', '%'];
const RUN_IDS = ['r', 'R', 'a', 'b', "a' OR '1'='1", 'a/b', 'b/r', '%', '__proto__', '', 'r" --', 'a\u0001b'];

const command = fc.record({
  tenant: fc.constantFrom(...TENANTS),
  runId: fc.constantFrom(...RUN_IDS),
  does: fc.constantFrom('append' as const, 'writeStep' as const, 'save' as const, 'prune' as const),
  count: fc.integer({ min: 1, max: 3 }),
});

describe.each(PLACES)('%s', (name, open) => {
  const storeOf = async (tenant: string): Promise<LogStore> => {
    const known = opened.get(`${name} ${tenant}`);
    if (known !== undefined) return known;
    const store = await open(tenant);
    opened.set(`${name} ${tenant}`, store);
    return store;
  };

  test('given any writes of any tenants to any ids, then whatever a tenant reads is its own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (commands) => {
        for (const { tenant, runId, does, count } of commands) {
          const store = await storeOf(tenant);
          await refusable(() => write(store, runId, does, count));
        }
        for (const tenant of TENANTS) {
          const store = await storeOf(tenant);
          for (const runId of RUN_IDS) {
            for (const owner of await ownersOf(store, runId)) expect(owner).toBe(tenant);
          }
        }
      }),
      { numRuns: name === 'PostgreSQL' ? 6 : 25 },
    );
  });

  test('given 100 hostile ids, when each names a run and a tenant, then it is refused or a plain text', async () => {
    const mine = await storeOf('watchman');
    await mine.append('watched', [stateUpdated({ tenant: 'watchman' })], 0);
    const outcomes = { kept: 0, refused: 0 };
    for (const id of hostileIds()) {
      if (await refusable(() => write(mine, id, 'append', 1))) {
        outcomes.refused += 1;
        continue;
      }
      outcomes.kept += 1;
      expect(await mine.head(id)).toBe(1);
      expect(await ownersOf(mine, id)).toEqual(['watchman']);
    }
    for (const id of hostileIds()) {
      const theirs: LogStore[] = [];
      if (await refusable(async () => theirs.push(await open(id)))) continue;
      const store = theirs[0] as LogStore;
      expect(store.tenant).toBe(id);
      expect(await store.head('watched')).toBe(0);
      expect(await store.append('watched', [stateUpdated({ tenant: id })], 0)).toBe(1);
      expect(await ownersOf(store, 'watched')).toEqual([id]);
      await store.close();
    }
    expect(outcomes.kept + outcomes.refused).toBe(100);
    expect(outcomes.kept).toBeGreaterThan(30);
    expect(outcomes.refused).toBeGreaterThan(10);
    expect(await mine.scan('watched', 1)).toEqual([{ seq: 1, event: stateUpdated({ tenant: 'watchman' }) }]);
  }, 120_000);
});

/** Writes something that says whose it is. */
async function write(
  store: LogStore,
  runId: string,
  does: 'append' | 'writeStep' | 'save' | 'prune',
  count: number,
): Promise<unknown> {
  const own = { tenant: store.tenant };
  const events = Array.from({ length: count }, () => stateUpdated(own));
  switch (does) {
    case 'append':
      return await store.append(runId, events);
    case 'writeStep':
      await store.writeStep(await nextStep(store, runRecord(runId, own), events));
      return;
    case 'save':
      await store.save({ runId, atSeq: count, state: own });
      return;
    case 'prune':
      return await store.prune(runId, count);
  }
}

/** Whose everything is that a store gives under an id. Snapshots of steps say nothing of it. */
async function ownersOf(store: LogStore, runId: string): Promise<unknown[]> {
  const run = await store.loadRun(runId);
  const snapshot = await store.loadLatest(runId);
  const values = [
    ...(await store.scan(runId, 1)).map(({ event }) => (event.type === 'StateUpdated' ? event.payload : null)),
    ...(await store.scanLog(runId, 1)).map(({ event }) => (event.type === 'StateUpdated' ? event.payload : null)),
    ...(run === null ? [] : [run.initialState]),
    ...(snapshot === null || Object.hasOwn(snapshot.state as object, 'n') ? [] : [snapshot.state]),
  ];
  return values.map((value) => (value as { tenant?: unknown } | null)?.tenant);
}

/** Whether it is refused, with an error of the kernel and no other. */
async function refusable(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (!isKernelError(error)) throw error;
    // A database that fails at an id has not refused it.
    if (error.cause !== undefined) throw error;
    return true;
  }
}

function hostileIds(): string[] {
  const quotes = ["'", '"', '`', '\\', '$$', ';', '--', '/*', '*/', '%', '_', '?', ':a', '@a', '$1', '#'];
  const injections = [
    "'; DROP TABLE events; --",
    "' OR tenant_id <> '",
    "r' UNION SELECT event FROM events --",
    "watchman' --",
    'watchman"/r',
    "') ON CONFLICT DO NOTHING; --",
    "\\'; TRUNCATE runs; --",
    "E'\\047'",
    '$tag$ DROP $tag$',
    "set_config('temporal_kernel.tenant', 'watchman', true)",
  ];
  const names = [
    '__proto__',
    'constructor',
    'prototype',
    'hasOwnProperty',
    'toString',
    'null',
    'undefined',
    'NaN',
    '0',
  ];
  const paths = ['../../etc/passwd', '..', '.', '/', 'C:\\', 'file:///r', 'r?mode=memory', '%00', '%2e%2e'];
  const long = [899, 900, 901, 1_000, 10_000, 1_000_000].map((length) => 'l'.repeat(length));
  const wide = ['é'.repeat(450), 'é'.repeat(451), '🦀'.repeat(225), '🦀'.repeat(226)];
  const controls = ['\0', 'r\0', '\0r', 'watchman\0', 'r\u0001', '\u001b[2J', '\n', '\r\n', '\t', '\u007f', '\u0085'];
  const surrogates = ['\ud800', '\udfff', 'r\ud83e', '\ud83e r', '\udd80\ud83e'];
  const unicode = ['\ufeff', '\u202e', '\u200b', 'r\u0301', 'ﬀ', 'İ', 'ſ', '\u2028', '\uffff', '\u{10ffff}'];
  const blanks = [' ', '  ', 'r ', ' r', '\u00a0', '\u3000'];
  const ids = [
    ...quotes,
    ...injections,
    ...names,
    ...paths,
    ...long,
    ...wide,
    ...controls,
    ...surrogates,
    ...unicode,
    ...blanks,
  ];
  const more = Array.from({ length: Math.max(0, 100 - ids.length) }, (_, index) => `'${'\\'.repeat(index)}"${index}\0`);
  return [...ids, ...more].slice(0, 100);
}
