/** Execution event stores: the contract on each, what the reference's own contract says, and tenants under hostile ids. */
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { assertRunId, assertTenantId, DEFAULT_TENANT } from '../../src/kernel';
import {
  storedExecutionEventText,
  type ExecutionEventData,
  type ExecutionEventStore,
  type NewExecutionEvent,
} from '../../src/records';
import { SqlExecutionEventStore } from '../../src/stores';
import { executionEventStoreContract, type ExecutionEventPlace } from '../../src/testing';
import { kernelError } from '../kernel/kernel-error-matcher';
import { PostgresForTests } from '../stores/postgres-place';
import { assertConsecutive } from './concurrent-execution-events';
import { memoryPlace, postgresPlace, sqlitePlace, type RestingPlace } from './execution-event-places';
import { readGolden } from './golden/read-golden';

let postgres: PostgresForTests;
beforeAll(async () => {
  postgres = await PostgresForTests.start();
});
afterAll(() => postgres.stop());

const PLACES: readonly (readonly [string, () => RestingPlace | Promise<RestingPlace>])[] = [
  ['memory', memoryPlace],
  ['SQLite', sqlitePlace],
  ['PostgreSQL', () => postgresPlace(postgres)],
];

describe.each(PLACES)('an execution event store in %s', (kind, makePlace) => {
  describe('keeps the contract', () => {
    for (const { name, run } of executionEventStoreContract(makePlace)) test(name, run);
  });

  test('does what the contract of the reference says', async () => {
    const place = await makePlace();
    await playGoldenContract(place);
    await place.remove?.();
  });

  test('given any mix of tenants and hostile ids, then no call returns what another tenant has', async () => {
    const place = await makePlace();
    const model: Model = new Map();
    await fc.assert(
      fc.asyncProperty(fc.array(anyCall, { maxLength: 30 }), (calls) => assertApart(place, model, calls)),
      // Where each append waits for a disk, fewer say as much.
      { numRuns: kind === 'memory' ? 40 : 12, endOnFailure: true },
    );
    for (const tenant of HOSTILE)
      await assertApart(place, model, [
        ['append', tenant, 'a'],
        ['read', 'a', tenant],
      ]);
    for (const id of HOSTILE)
      await assertApart(place, model, [
        ['append', 'b', id],
        ['read', 'a', id],
      ]);
    await place.remove?.();
  });
});

interface GoldenOperation {
  readonly op: string;
  readonly result: unknown;
}

/** What the trait leaves open and the reference's own store chose otherwise, and what is no business of a store. */
const NOT_PLAYED = ['append(exec_1, tenant_b, note): execution owned by tenant_a', 'supports_air_gapped default'];

/** Plays the golden contract's calls in its order; each has its result there. */
async function playGoldenContract(place: ExecutionEventPlace): Promise<void> {
  const a = await place.open('tenant_a');
  const stores: Readonly<Record<string, ExecutionEventStore>> = {
    tenant_a: a,
    tenant_b: await place.open('tenant_b'),
    tenant_none: await place.open('tenant_none'),
  };
  let timestampMs = Date.UTC(2023, 10, 14, 22, 13, 20);
  const at = (event: ExecutionEventData): NewExecutionEvent => ({ event, timestampMs: (timestampMs += 1) });
  const started = (): NewExecutionEvent => at({ type: 'ExecutionStarted', parent: null, metadata: null });
  const note = (data: number): NewExecutionEvent => at({ type: 'Custom', eventType: 'n', data });

  const plays: readonly (readonly [RegExp, (...words: string[]) => Promise<unknown>])[] = [
    [/^get_latest_sequence\((\w+)\)/, (id) => ok(a.getLatestSequence(id))],
    [/^execution_exists\((\w+)\)/, (id) => ok(a.executionExists(id))],
    [/^count_events\((\w+)\)/, (id) => ok(a.countEvents(id))],
    [/^load_events\((\w+)\)/, (id) => ok(textsOf(a, id))],
    [/^append\((\w+), (\w+), started\)/, (id, tenant) => ok(stores[tenant]!.append(id, started()))],
    [/^append\((\w+), (\w+), note (\d)\)/, (id, tenant, n) => ok(stores[tenant]!.append(id, note(Number(n))))],
    [/^append_batch\(exec_1, tenant_a, \[note/, () => ok(a.appendBatch('exec_1', [note(2), note(3), note(4)]))],
    [/^append_batch\(exec_1, tenant_a, \[\]/, () => ok(a.appendBatch('exec_1', []))],
    [
      /^append_batch\(exec_9/,
      async () => [await ok(a.appendBatch('exec_9', [])), await ok(a.executionExists('exec_9'))],
    ],
    [
      /^load_events_after\((\w+), (\d+)\)/,
      (id, after) => ok(a.loadEventsAfter(id, Number(after)).then((events) => events.map(({ sequence }) => sequence))),
    ],
    [
      /^list_executions\((\w+), limit (\d+), offset (\d+)\)/,
      (tenant, limit, offset) => ok(stores[tenant]!.listExecutions(Number(limit), Number(offset))),
    ],
    [/^append to exec_1 again/, async () => [await ok(a.append('exec_1', note(5))), await ok(a.listExecutions(10, 0))]],
  ];

  const { ops } = readGolden('store_contract.json') as { readonly ops: readonly GoldenOperation[] };
  let played = 0;
  for (const { op, result } of ops) {
    if (NOT_PLAYED.some((words) => op.startsWith(words))) continue;
    const [pattern, play] = plays.find(([pattern]) => pattern.test(op)) ?? [];
    if (pattern === undefined || play === undefined) throw new Error(`nobody plays ${op}`);
    expect({ op, result: await play(...pattern.exec(op)!.slice(1)) }).toEqual({ op, result: withoutMessages(result) });
    played += 1;
  }
  expect(played).toBe(ops.length - NOT_PLAYED.length);
  // What the reference's store chose to refuse, naming another tenant's execution, is an execution of one's own here.
  expect(await stores['tenant_b']!.append('exec_1', note(6))).toBe(1);
  expect(await a.countEvents('exec_1')).toBe(6);
}

async function ok(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    (value) => ({ Ok: value }),
    () => ({ Err: 'refused' }),
  );
}

function withoutMessages(result: unknown): unknown {
  return JSON.parse(JSON.stringify(result), (key, value: unknown) => (key === 'Err' ? 'refused' : value));
}

async function textsOf(store: ExecutionEventStore, executionId: string): Promise<unknown> {
  return (await store.loadEvents(executionId)).map((event) => JSON.parse(storedExecutionEventText(event)) as unknown);
}

/** One hundred and one hostile ids: as an attacker would have them, and as a tenant might guess them. */
const HOSTILE: readonly string[] = [
  ...['', 'a', 'b', 'A', 'a ', ' a', 'a/b', 'a\\b', '../a', 'a%', 'a_', '*', '?', '%', '_', '$1', ':a', '@a', '?1'],
  ...[
    "'",
    "''",
    '"',
    '`',
    '[a]',
    "a'--",
    "a' OR '1'='1",
    "a'; DELETE FROM execution_events; --",
    'a/*',
    '*/',
    ';',
    '--',
  ],
  ...['a\u0000', '\u0000a', '\u0000', 'a\n', '\r', '\t', '\u001b[2J', '\u007f', '\u0085', '\u200b', '\u202e', '\ufeff'],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'null',
    'undefined',
    'NaN',
    'true',
    '0',
    '-1',
  ],
  ...[
    '1',
    '1.0',
    '1e3',
    '0x1',
    '٣',
    'é',
    'e\u0301',
    'ﬁ',
    'fi',
    'ß',
    'ss',
    'İ',
    'i',
    'ı',
    'K',
    'K',
    '🦀',
    '\ud83e',
    '\udd80',
  ],
  ...[
    '\ud83e\ud83e',
    '日本',
    '\uffff',
    '\ufffd',
    '\u{10ffff}',
    'tenant',
    'tenant_id',
    'tenant_id = tenant_id',
    'default',
  ],
  ...[
    'x'.repeat(200),
    'x'.repeat(201),
    'x'.repeat(900),
    'x'.repeat(901),
    'é'.repeat(450),
    'é'.repeat(451),
    'x'.repeat(100_000),
  ],
  ...[
    '{}',
    '[]',
    '{"a":1}',
    '<a>',
    '&amp;',
    '${a}',
    '#{a}',
    '{{a}}',
    '%00',
    '%2e%2e',
    'a,b',
    'a|b',
    'a\u00a0',
    '\u3000',
  ],
];

type Call = readonly ['append' | 'batch' | 'read', tenant: string, executionId: string];

const hostile = fc.constantFrom(...HOSTILE);
const anyCall: fc.Arbitrary<Call> = fc.tuple(fc.constantFrom('append', 'batch', 'read'), hostile, hostile);

/**
 * Makes the calls on a database that all cases share, and beside it on a plain model: whatever a call answers must be
 * what its tenant has by the model, or a refusal.
 */
async function assertApart(place: RestingPlace, model: Model, calls: readonly Call[]): Promise<void> {
  for (const [call, tenant, id] of calls) {
    const store = await opened(place, tenant);
    if (store === null) continue;
    const mine = model.get(tenant) ?? new Map<string, number>();
    const before = mine.get(id) ?? 0;
    const data = `${tenant} ${id}`.toWellFormed();
    const event: NewExecutionEvent = { event: { type: 'Custom', eventType: 'owner', data }, timestampMs: mine.size };
    const events = call === 'batch' ? [event, event] : [event];
    if (!isNameable(id)) {
      await expect(store.appendBatch(id, events)).rejects.toThrow(kernelError('InvalidRunId'));
      await expect(store.loadEvents(id)).rejects.toThrow(kernelError('InvalidRunId'));
      continue;
    }
    if (call !== 'read') {
      expect(await store.appendBatch(id, events)).toBe(before + 1);
      model.set(tenant, mine.set(id, before + events.length));
    }
    const stored = await store.loadEvents(id);
    expect(stored.length).toBe(mine.get(id) ?? 0);
    for (const one of stored) {
      expect(one).toMatchObject({ tenantId: tenant, executionId: id, event: { data } });
    }
    expect(await store.countEvents(id)).toBe(stored.length);
    expect(await store.getLatestSequence(id)).toBe(stored.length === 0 ? null : stored.length);
    expect([...(await store.listExecutions(1_000, 0))].sort()).toEqual([...mine.keys()].sort());
  }
}

/** How many events each tenant's executions have. */
type Model = Map<string, Map<string, number>>;

const stores = new WeakMap<ExecutionEventPlace, Map<string, ExecutionEventStore>>();

/** Stores that are open at once. */
const OPEN_MAX = 20;

/** The tenant's store; null for a text that can't name a tenant. */
async function opened(place: RestingPlace, tenant: string): Promise<ExecutionEventStore | null> {
  const known = stores.get(place) ?? new Map<string, ExecutionEventStore>();
  stores.set(place, known);
  const store = known.get(tenant);
  if (store !== undefined) return store;
  try {
    assertTenantId(tenant);
  } catch {
    await expect((async () => await place.open(tenant))()).rejects.toThrow(kernelError('InvalidTenant'));
    return null;
  }
  if (known.size >= OPEN_MAX) {
    await place.closeAll();
    known.clear();
  }
  const made = await place.open(tenant);
  known.set(tenant, made);
  return made;
}

function isNameable(id: string): boolean {
  try {
    assertRunId(id);
    return true;
  } catch {
    return false;
  }
}

test('given the hostile ids, then there are a hundred of them, and most are plain text', () => {
  expect(new Set(HOSTILE).size).toBeGreaterThanOrEqual(100);
  expect(HOSTILE.filter(isNameable).length).toBeGreaterThan(70);
});

/** Starting processes takes long where many tests run. */
const PROCESSES_TIMEOUT_MS = 120_000;

describe('given three processes that append to one execution at once', () => {
  test(
    'when they are done, then a SQLite file has every batch whole and no sequence is missing',
    async () => {
      const place = await sqlitePlace();
      await assertConsecutive(await place.open(DEFAULT_TENANT), place.path);
      await place.remove?.();
    },
    PROCESSES_TIMEOUT_MS,
  );

  test(
    'when they are done, then PostgreSQL has every batch whole and no sequence is missing',
    async () => {
      const store = await postgres.open();
      await assertConsecutive(new SqlExecutionEventStore(store), postgres.url, postgres.schema);
      await store.close();
    },
    PROCESSES_TIMEOUT_MS,
  );
});

describe('a damaged SQLite file', () => {
  async function damaged(change: string): Promise<Promise<unknown>> {
    const place = await sqlitePlace();
    const store = await place.open('t');
    for (const n of [1, 2, 3]) {
      await store.append('e', { event: { type: 'Custom', eventType: 'n', data: n }, timestampMs: n });
    }
    const file = new Database(place.path);
    const triggers = file.prepare(`SELECT name FROM sqlite_master WHERE type = 'trigger'`).all() as { name: string }[];
    for (const { name } of triggers) file.exec(`DROP TRIGGER "${name}"`);
    expect(file.prepare(change).run().changes).toBe(1);
    file.close();
    const outcome = store.loadEvents('e');
    await outcome.catch(() => undefined);
    await place.remove?.();
    return await outcome;
  }

  test.each([
    ['an event is gone', `DELETE FROM execution_events WHERE sequence = 2`],
    ['an event is no JSON', `UPDATE execution_events SET event = '{' WHERE sequence = 2`],
    ['an event is of no type', `UPDATE execution_events SET event = '{"type":"x"}' WHERE sequence = 2`],
    ['a time is none', `UPDATE execution_events SET timestamp_ms = 9000000000000000 WHERE sequence = 2`],
  ])('given that %s, when the events are loaded, then the sequence is named', async (_, change) => {
    await expect(damaged(change)).rejects.toMatchObject({ code: 'LogCorrupt', seq: 2 });
  });
});
