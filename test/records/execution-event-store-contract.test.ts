/**
 * The contract has teeth: a store that breaks one promise fails the case of that promise, and no case is without a store that
 * fails it.
 */
import {
  MemoryExecutionEventStore,
  type ExecutionEventStore,
  type NewExecutionEvent,
  type StoredExecutionEvent,
} from '../../src/records';
import { executionEventStoreContract } from '../../src/testing';

/** What is replaced of a correct store. `memory` lives as long as the place, for what broken stores have in common. */
type Breakage = (store: ExecutionEventStore, memory: Map<string, unknown>) => Partial<ExecutionEventStore>;

const mapped = (
  store: ExecutionEventStore,
  change: (events: readonly StoredExecutionEvent[]) => readonly StoredExecutionEvent[],
): Partial<ExecutionEventStore> => ({
  loadEvents: async (id) => change(await store.loadEvents(id)),
  loadEventsAfter: async (id, after, limit) => change(await store.loadEventsAfter(id, after, limit)),
});

const changing = (
  store: ExecutionEventStore,
  change: (event: NewExecutionEvent) => NewExecutionEvent,
): Partial<ExecutionEventStore> => ({
  append: (id, event, expected) => store.append(id, change(event), expected),
  appendBatch: (id, events, expected) => store.appendBatch(id, events.map(change), expected),
});

/** What is broken, and words of the name of the case that must notice. */
const BREAKAGES: readonly (readonly [string, string, Breakage])[] = [
  [
    'a latest sequence of 0 for no execution, as the reference in memory',
    'that nobody wrote',
    (store) => ({ getLatestSequence: async (id) => (await store.getLatestSequence(id)) ?? 0 }),
  ],
  [
    'numbers from 0 on, as the reference in memory',
    'given single appends',
    (store) => ({ append: async (id, event, expected) => (await store.append(id, event, expected)) - 1 }),
  ],
  [
    'a batch that returns its last sequence',
    'then its sequences are consecutive',
    (store) => ({
      appendBatch: async (id, events, expected) => (await store.appendBatch(id, events, expected)) + events.length - 1,
    }),
  ],
  [
    'an empty batch that succeeds',
    'a batch without events',
    (store) => ({
      appendBatch: async (id, events, expected) =>
        events.length === 0 ? 0 : await store.appendBatch(id, events, expected),
    }),
  ],
  [
    'one counter for all executions, as the reference',
    'given two executions',
    (store, memory) => ({
      append: async (id, event, expected) => {
        await store.append(id, event, expected);
        memory.set('n', Number(memory.get('n') ?? 3) + 1);
        return Number(memory.get('n'));
      },
    }),
  ],
  [
    'a load after that includes the sequence itself',
    'those after a sequence',
    (store) => ({ loadEventsAfter: (id, after, limit) => store.loadEventsAfter(id, Math.max(0, after - 1), limit) }),
  ],
  [
    'pages without a limit',
    'loaded in pages',
    (store) => ({ loadEventsAfter: (id, after) => store.loadEventsAfter(id, after) }),
  ],
  [
    'a load that stops at 1,000 events',
    'loaded in pages',
    (store) => ({
      ...mapped(store, (events) => events),
      loadEvents: (id) => store.loadEventsAfter(id, 0, 1_000),
    }),
  ],
  [
    'times from a clock of its own',
    'whose it is, where it stands',
    (store) => changing(store, ({ event }) => ({ event, timestampMs: 5 })),
  ],
  [
    'events that forget their tenant',
    'whose it is, where it stands',
    (store) => mapped(store, (events) => events.map((event) => ({ ...event, tenantId: '' }))),
  ],
  [
    'events that lose their step',
    'byte for byte',
    (store) =>
      changing(store, ({ event, timestampMs }) => ({
        event: withoutStep(event),
        timestampMs,
      })),
  ],
  [
    'objects that are copied by assignment',
    'byte for byte',
    (store) =>
      changing(store, (given) => {
        const { event } = given;
        return event.type === 'Custom' ? { ...given, event: { ...event, data: assigned(event.data) as never } } : given;
      }),
  ],
  [
    'a score that is not a number, kept as none, as the reference',
    'what is no event',
    (store) =>
      changing(store, (given) => {
        const { event } = given;
        const broken = (event as unknown) !== null && event.type === 'GoalEvaluated' && Number.isNaN(event.score);
        return broken ? { ...given, event: { ...event, score: null } } : given;
      }),
  ],
  [
    'a batch that is written up to what is no event',
    'what is no event',
    (store) => ({
      appendBatch: async (id, events) => {
        let first = 0;
        for (const event of events) {
          const sequence = await store.append(id, event);
          first ||= sequence;
        }
        return first;
      },
    }),
  ],
  [
    'times that are rounded',
    'a time that is none',
    (store) => changing(store, ({ event, timestampMs }) => ({ event, timestampMs: Math.round(timestampMs) })),
  ],
  [
    'an expected sequence that is not looked at',
    'given an expected sequence',
    (store) => ({ append: (id, event) => store.append(id, event) }),
  ],
  [
    'an expected sequence that is looked at after the write',
    'given an expected sequence',
    (store) => ({
      append: async (id, event, expected = null) => {
        const before = (await store.getLatestSequence(id)) ?? 0;
        const sequence = await store.append(id, event);
        return expected === null || expected === before ? sequence : await store.append(id, event, expected);
      },
    }),
  ],
  [
    'an append that looks, waits, and writes',
    'then exactly one does',
    (store) => ({
      append: async (id, event, expected = null) => {
        const before = (await store.getLatestSequence(id)) ?? 0;
        await Promise.resolve();
        return await store.append(id, event, expected === before ? null : expected);
      },
    }),
  ],
  [
    'a batch that lets others in between its events',
    'then batches stay whole',
    (store) => ({
      appendBatch: async (id, events) => {
        const sequences: number[] = [];
        for (const event of events) sequences.push(await store.append(id, event));
        return sequences[0] ?? 0;
      },
    }),
  ],
  [
    'a list of the oldest first',
    'the newest come first',
    (store) => ({ listExecutions: async (...bounds) => [...(await store.listExecutions(...bounds))].reverse() }),
  ],
  [
    'a list that ignores its offset',
    'the newest come first',
    (store) => ({ listExecutions: (limit) => store.listExecutions(limit, 0) }),
  ],
  [
    'a list by the last event',
    'its place in the list stays',
    (store) => ({
      listExecutions: async (...bounds) => {
        const ids = await store.listExecutions(...bounds);
        const ages = new Map<string, number>();
        for (const id of ids) ages.set(id, (await store.loadEvents(id)).at(-1)?.timestampMs ?? 0);
        return [...ids].sort((one, other) => (ages.get(other) ?? 0) - (ages.get(one) ?? 0));
      },
    }),
  ],
  [
    'a list in the order of UTF-16',
    'of one time',
    (store) => ({ listExecutions: async (...bounds) => [...(await store.listExecutions(...bounds))].sort().reverse() }),
  ],
  [
    'a list whose limit is lowered in silence',
    'a listing without bounds',
    (store) => ({ listExecutions: (limit, offset) => store.listExecutions(Math.min(limit, 1_000), offset) }),
  ],
  [
    'a load after any number',
    'a sequence or limit that is none',
    (store) => ({ loadEventsAfter: (id, after, limit) => store.loadEventsAfter(id, Math.max(0, after), limit) }),
  ],
  [
    'reads that know no tenant, as the specification has them',
    'given two tenants',
    (store, memory) => {
      const all = (memory.get('all') ?? []) as ExecutionEventStore[];
      memory.set('all', [...all, store]);
      return {
        loadEvents: (id) => (memory.get('all') as ExecutionEventStore[])[0]?.loadEvents(id) ?? store.loadEvents(id),
      };
    },
  ],
  [
    'another tenant that is told that the execution is not its own',
    'given two tenants',
    (store, memory) => ({
      append: async (id, event, expected) => {
        if (memory.has(id) && memory.get(id) !== store.tenant) throw new Error(`${id} belongs to another tenant`);
        return await store.append(id, event, expected);
      },
      appendBatch: async (id, events, expected) => {
        memory.set(id, store.tenant);
        return await store.appendBatch(id, events, expected);
      },
    }),
  ],
  [
    'a memory of its own for every store',
    'opened again for its tenant',
    () => replacedBy(new MemoryExecutionEventStore()),
  ],
  [
    'ids without case',
    'awkward ids',
    (store) => ({ append: (id, event, expected) => store.append(id.toLowerCase(), event, expected) }),
  ],
  [
    'ids that are cut at 255 bytes',
    'awkward ids',
    (store) => ({ loadEvents: (id) => store.loadEvents(id.slice(0, 255)) }),
  ],
  [
    'a read that takes any id',
    'can name no execution',
    (store) => ({ executionExists: (id) => store.executionExists(id).catch(() => false) }),
  ],
  ['a store that keeps the objects that it is given', 'its owner tries to change', () => keepsWhatItIsGiven()],
  [
    'a batch of any size',
    'the largest batch',
    (store) => ({
      appendBatch: async (id, events) => {
        const first = await store.appendBatch(id, events.slice(0, 10_000));
        if (events.length > 10_000) await store.appendBatch(id, events.slice(10_000));
        return first;
      },
    }),
  ],
];

describe('a store that breaks one promise fails the case of that promise', () => {
  test.each(BREAKAGES)('given %s, then "… %s …" fails', async (_, words, breakage) => {
    const cases = contractOf(breakage).filter(({ name }) => name.includes(words));
    expect(cases.length).toBe(1);
    await expect(cases[0]?.run()).rejects.toThrow();
  });
});

test('given an untouched store behind the same wrapper, then every case holds', async () => {
  for (const { run } of contractOf(() => ({}))) await run();
});

test('given any case of the contract, then there is a broken store that fails it', () => {
  const toothless = contractOf(() => ({})).filter(({ name }) => !BREAKAGES.some(([, words]) => name.includes(words)));
  expect(toothless.map(({ name }) => name)).toEqual([]);
});

function contractOf(breakage: Breakage): ReturnType<typeof executionEventStoreContract> {
  return executionEventStoreContract(() => {
    const root = new MemoryExecutionEventStore();
    const memory = new Map<string, unknown>();
    return {
      open: (tenant) => {
        const store = root.forTenant(tenant);
        return { ...replacedBy(store), ...breakage(store, memory) };
      },
    };
  });
}

/** All methods of a store, so that they can be replaced one by one. */
function replacedBy(store: ExecutionEventStore): ExecutionEventStore {
  return {
    tenant: store.tenant,
    append: (id, event, expected) => store.append(id, event, expected),
    appendBatch: (id, events, expected) => store.appendBatch(id, events, expected),
    loadEvents: (id) => store.loadEvents(id),
    loadEventsAfter: (id, after, limit) => store.loadEventsAfter(id, after, limit),
    getLatestSequence: (id) => store.getLatestSequence(id),
    executionExists: (id) => store.executionExists(id),
    listExecutions: (limit, offset) => store.listExecutions(limit, offset),
    countEvents: (id) => store.countEvents(id),
  };
}

function keepsWhatItIsGiven(): Partial<ExecutionEventStore> {
  const kept: StoredExecutionEvent[] = [];
  return {
    appendBatch: (executionId, events) => {
      events.forEach(({ event, timestampMs }) => {
        kept.push({ sequence: kept.length + 1, executionId, tenantId: '', event, timestampMs });
      });
      return Promise.resolve(1);
    },
    loadEvents: () => Promise.resolve(kept),
  };
}

function withoutStep(event: NewExecutionEvent['event']): NewExecutionEvent['event'] {
  return (event as unknown) !== null && event.type === 'ToolCallCompleted' ? { ...event, stepId: null } : event;
}

function assigned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) copy[key] = assigned(inner);
  return copy;
}
