/**
 * The contract has teeth: a store that breaks one promise fails the case of that promise, and no case is without a
 * store that fails it.
 */
import type { Event, SequencedEvent } from '../../src/kernel/event';
import { decodeEvent, encodeEvent } from '../../src/kernel/event-wire';
import type { RunId, Seq } from '../../src/kernel/identity';
import type { Json } from '../../src/kernel/json';
import type { LogStep, LogStore, StoredLog, StoredRun } from '../../src/kernel/log-store';
import type { Snapshot } from '../../src/kernel/snapshot';
import type { TenantId } from '../../src/kernel/tenant';
import { MemoryStore } from '../../src/stores/memory-store';
import { logStoreContract, type StorePlace } from '../../src/testing';

/** What is done to a correct store: each field replaces one method. */
type Breakage = (store: MemoryStore) => Partial<LogStore>;

/** What is broken, and words of the name of the case that must notice. */
const BREAKAGES: readonly (readonly [string, string, Breakage])[] = [
  [
    'a head that starts at one',
    'that nobody wrote',
    (store) => ({ head: async (id) => Math.max(await store.head(id), 1) }),
  ],
  [
    'an append that returns the first seq',
    'the seq of the last one is returned',
    (store) => ({ append: async (id, events, head) => (await store.append(id, events, head)) - events.length + 1 }),
  ],
  [
    'an append that writes something when given nothing',
    'no events are appended',
    (store) => ({
      append: (id, events, head) => store.append(id, events.length === 0 ? [{ type: 'Completed' }] : events, head),
    }),
  ],
  [
    'a scan that leaves out its first event',
    'is scanned from a seq',
    (store) => ({ scan: (id, from) => store.scan(id, from + 1) }),
  ],
  [
    'a scan that descends',
    'is scanned from a seq',
    (store) => ({ scan: async (id, from) => [...(await store.scan(id, from))].reverse() }),
  ],
  [
    'one log for all runs',
    'neither sees anything of the other',
    (store) => ({
      append: (_id, events, head) => store.append('all', events, head),
      scan: (_id, from) => store.scan('all', from),
      head: () => store.head('all'),
    }),
  ],
  [
    'an append that ignores the expected head',
    'expects the old one',
    (store) => ({ append: (id, events) => store.append(id, events) }),
  ],
  [
    'an append that writes before it checks the head',
    'expects the old one',
    (store) => ({
      append: async (id, events, head = null) => {
        const before = await store.head(id);
        await store.append(id, events);
        return await store.append(id, [], head === null ? null : head + (await store.head(id)) - before);
      },
    }),
  ],
  [
    'an append that writes event by event',
    'none of it is',
    (store) => ({
      append: async (id, events, head = null) => {
        let last = await store.append(id, [], head);
        for (const event of events) last = await store.append(id, [event]);
        return last;
      },
    }),
  ],
  [
    'an append that stops at 10,000 events',
    'batch of 20,000 events',
    (store) => ({ append: (id, events, head) => store.append(id, events.slice(0, 10_000), head) }),
  ],
  [
    'an append that drops step ids',
    'an event of every kind',
    (store) => ({
      append: (id, events, head) =>
        store.append(
          id,
          events.map((event) => ('stepId' in event ? { ...event, stepId: null } : event)),
          head,
        ),
    }),
  ],
  [
    'an append that cuts texts',
    'byte for byte',
    (store) => ({
      append: (id, events, head) =>
        store.append(
          id,
          events.map((event) => throughText(event, cut)),
          head,
        ),
    }),
  ],
  [
    'an append that copies objects by assignment',
    '__proto__ keys',
    (store) => ({
      append: (id, events, head) =>
        store.append(
          id,
          events.map((event) => throughText(event, assigned)),
          head,
        ),
    }),
  ],
  [
    'run ids without case',
    'run of its own',
    (store) => ({
      append: (id, events, head) => store.append(id.toLowerCase(), events, head),
      head: (id) => store.head(id.toLowerCase()),
      scan: (id, from) => store.scan(id.toLowerCase(), from),
    }),
  ],
  [
    'run ids through UTF-8',
    'lone surrogate',
    (store) => ({
      head: (id) => store.head(id.toWellFormed()),
      append: (id, e, head) => store.append(id.toWellFormed(), e, head),
    }),
  ],
  ['a store that keeps the objects it is given', 'their owner tries to change them', () => keepsWhatItIsGiven()],
  [
    'a scan without events of completion',
    'a scanned execution log is canonical',
    (store) => ({
      scan: async (id, from) => (await store.scan(id, from)).filter(({ event }) => event.type !== 'Completed'),
    }),
  ],
  [
    'a scan that gives the last payload to all',
    'Completed preserves the last one',
    (store) => ({
      scan: async (id, from) => (await store.scan(id, from)).map(({ seq }) => ({ seq, event: { type: 'Completed' } })),
    }),
  ],
  [
    'an append that lets others in between its events',
    'never interleave',
    (store) => ({
      append: async (id, events) => {
        let last = await store.head(id);
        for (const event of events) last = await store.append(id, [event]);
        return last;
      },
    }),
  ],
  [
    'an append that checks the head, waits, and writes',
    'then exactly one does',
    (store) => ({
      append: async (id, events, head) => {
        await store.append(id, [], head);
        return await store.append(id, events);
      },
    }),
  ],
  [
    'the snapshot that was saved last, as the reference has it',
    'whichever was saved last',
    (store) => {
      let last: Snapshot | null = null;
      return { save: (snapshot) => ((last = snapshot), store.save(snapshot)), loadLatest: () => Promise.resolve(last) };
    },
  ],
  [
    'a snapshot beyond the seq asked for',
    'the nearest one, or null',
    (store) => ({ loadLatest: (id) => store.loadLatest(id) }),
  ],
  [
    'a snapshot that is not replaced',
    'replaces the first',
    (store) => ({
      save: async (snapshot) => {
        const stored = await store.loadLatest(snapshot.runId, snapshot.atSeq);
        if (stored?.atSeq !== snapshot.atSeq) await store.save(snapshot);
      },
    }),
  ],
  [
    'a save that accepts anything',
    'snapshot that is none',
    (store) => ({ save: (snapshot) => store.save(snapshot).catch(() => undefined) }),
  ],
  [
    'steps without snapshots',
    'the chain holds',
    (store) => ({ writeStep: (step) => store.writeStep({ ...step, snapshots: [] }) }),
  ],
  [
    'entries that forget their origin',
    'the chain holds',
    (store) => ({
      scanLog: async (id, from, limit) =>
        (await store.scanLog(id, from, limit)).map((entry) => ({ ...entry, origin: { ...entry.origin, timeMs: 0 } })),
    }),
  ],
  [
    'a step that is nothing without entries',
    'a step without entries',
    (store) => ({ writeStep: (step) => (step.entries.length === 0 ? Promise.resolve() : store.writeStep(step)) }),
  ],
  [
    'positions compared in the key order that they came in',
    'key order only',
    (store) => {
      let last: Json = null;
      return {
        writeStep: async (step) => {
          const same = JSON.stringify(step.expectedPosition) === JSON.stringify(last);
          await store.writeStep(same ? step : { ...step, expectedPosition: 'another' });
          last = step.position;
        },
      };
    },
  ],
  [
    'a retried step that succeeds silently',
    'when it is retried',
    (store) => ({ writeStep: (step) => store.writeStep(step).catch(() => undefined) }),
  ],
  [
    'a step that ignores the expected position',
    'another head or position',
    (store) => ({
      writeStep: async (step) => {
        await store.writeStep({ ...step, expectedPosition: (await store.loadRun(step.run.runId))?.position ?? null });
      },
    }),
  ],
  [
    'a conflict that leaves the snapshots of its step behind',
    'another head or position',
    (store) => ({
      writeStep: async (step) => {
        for (const snapshot of step.snapshots) await store.save(snapshot);
        await store.writeStep(step);
      },
    }),
  ],
  [
    'a step that the second mirror may write too',
    'two mirrors with the same step',
    (store) => ({ writeStep: (step) => store.writeStep(step).catch(() => undefined) }),
  ],
  [
    'a step whose entries are numbered anew',
    'refused whole',
    (store) => ({
      writeStep: (step) =>
        store.writeStep({
          ...step,
          entries: step.entries.map((entry, index) => ({ ...entry, eventIndex: step.expectedHead + index + 1 })),
        }),
    }),
  ],
  [
    'a run that takes any execution',
    'another run with its id',
    (store) => ({
      writeStep: async (step) => {
        await store.writeStep({ ...step, run: (await store.loadRun(step.run.runId)) ?? step.run });
      },
    }),
  ],
  [
    'an append that succeeds on a mirrored run',
    'appended without entries, then they are refused',
    (store) => ({ append: (id, events, head) => store.append(id, events, head).catch(() => store.head(id)) }),
  ],
  [
    'a step that begins in the middle',
    'that were appended without entries, when a step',
    (store) => ({ writeStep: (step) => store.writeStep(step).catch(() => undefined) }),
  ],
  ['pages without a limit', 'a log is read in pages', (store) => ({ scanLog: (id, from) => store.scanLog(id, from) })],
  ['a close that fails', 'closed twice', () => ({ close: () => Promise.reject(new Error('not open')) })],
  ['a scan without a limit', 'events are read in pages', (store) => ({ scan: (id, from) => store.scan(id, from) })],
  [
    'an append that keeps its own store out, but no other',
    'no batch is split and none is lost',
    (store) => {
      let last: Promise<unknown> = Promise.resolve();
      return {
        append: async (id, events) => {
          const before = last;
          const appended = (async () => {
            await before;
            for (const event of events) await store.append(id, [event]);
            return await store.head(id);
          })();
          last = appended;
          return await appended;
        },
      };
    },
  ],
  [
    'run ids that end at a NUL',
    'a run id with a NUL',
    (store) => {
      const cutAtNul = (id: RunId) => id.split('\0')[0] as RunId;
      return {
        append: (id, events, head) => store.append(cutAtNul(id), events, head),
        scan: (id, from) => store.scan(cutAtNul(id), from),
        head: (id) => store.head(cutAtNul(id)),
      };
    },
  ],
  ['a prune that drops nothing', 'those before the seq are gone', () => ({ prune: () => Promise.resolve(0) })],
  [
    'a prune that drops the last snapshot too',
    'the last one stays',
    (store) => {
      const gone = new Set<RunId>();
      return {
        prune: async (id, before) => {
          const last = (await store.loadLatest(id))?.atSeq ?? before;
          if (last < before) gone.add(id);
          return (await store.prune(id, before)) + (last < before ? 1 : 0);
        },
        loadLatest: (id, seq) => (gone.has(id) ? Promise.resolve(null) : store.loadLatest(id, seq)),
      };
    },
  ],
  [
    'a snapshot that other tenants get too',
    'uses its id, then both have a run of their own',
    (store) => ({
      save: async (snapshot) => {
        await store.save(snapshot);
        await store.forTenant('others').save(snapshot);
      },
    }),
  ],
];

/** What is broken where stores are opened, and words of the name of the case that must notice. */
const BROKEN_PLACES: readonly (readonly [string, string, (memory: MemoryStore, tenant: TenantId) => MemoryStore])[] = [
  ['a place that is empty each time', 'it finds everything', (_, tenant) => new MemoryStore(tenant)],
  ['a place that forgets tenants', 'then there is nothing', (memory) => memory.forTenant('everybody')],
  ['tenants without case', 'tenants that look alike', (memory, tenant) => memory.forTenant(tenant.toLowerCase())],
  [
    'a place for any tenant',
    'name no tenant',
    (memory, tenant) => {
      try {
        return memory.forTenant(tenant);
      } catch {
        return memory.forTenant('nobody');
      }
    },
  ],
];

describe('a store that breaks one promise fails the case of that promise', () => {
  test.each(BREAKAGES)('given %s, then "… %s …" fails', async (_, words, breakage) => {
    await failsAt(words, () => placeWith((memory, tenant) => broken(memory.forTenant(tenant), breakage)));
  });

  test.each(BROKEN_PLACES)('given %s, then "… %s …" fails', async (_, words, open) => {
    await failsAt(words, () => placeWith((memory, tenant) => Object.assign(broken(open(memory, tenant)), { tenant })));
  });
});

test('given an untouched store behind the same wrapper, then every case holds', async () => {
  const place = () => placeWith((memory, tenant) => broken(memory.forTenant(tenant)));
  for (const { run } of logStoreContract(place)) await run();
});

test('given any case of the contract, then there is a broken store that fails it', () => {
  const words = [...BREAKAGES, ...BROKEN_PLACES].map(([, found]) => found);
  const names = logStoreContract(() => placeWith((memory) => memory)).map(({ name }) => name);
  expect(names.filter((name) => !words.some((found) => name.includes(found)))).toEqual([]);
});

async function failsAt(words: string, place: () => StorePlace): Promise<void> {
  const cases = logStoreContract(place).filter(({ name }) => name.includes(words));
  expect(cases.map(({ name }) => name).length).toBe(1);
  await expect(cases[0]?.run()).rejects.toThrow();
}

function placeWith(open: (memory: MemoryStore, tenant: TenantId) => LogStore): StorePlace {
  const memory = new MemoryStore();
  return { open: (tenant) => open(memory, tenant) };
}

/** A memory store with some of its methods replaced. */
function broken(store: MemoryStore, breakage: Breakage = () => ({})): LogStore {
  const whole: LogStore = {
    tenant: store.tenant,
    append: (runId, events, expectedHead) => store.append(runId, events, expectedHead),
    scan: (runId, from, limit) => store.scan(runId, from, limit),
    head: (runId) => store.head(runId),
    loadLatest: (runId, atOrBefore) => store.loadLatest(runId, atOrBefore),
    save: (snapshot) => store.save(snapshot),
    prune: (runId, before) => store.prune(runId, before),
    loadRun: (runId): Promise<StoredRun | null> => store.loadRun(runId),
    writeStep: (step: LogStep) => store.writeStep(step),
    scanLog: (runId, from, limit): Promise<readonly StoredLog[]> => store.scanLog(runId, from, limit),
    close: () => store.close(),
  };
  return { ...whole, ...breakage(store) };
}

function keepsWhatItIsGiven(): Partial<LogStore> {
  const kept = new Map<RunId, SequencedEvent[]>();
  return {
    append: (id: RunId, events: readonly Event[]): Promise<Seq> => {
      const log = kept.get(id) ?? [];
      for (const event of events) log.push({ seq: log.length + 1, event });
      kept.set(id, log);
      return Promise.resolve(log.length);
    },
    scan: (id: RunId) => Promise.resolve(kept.get(id) ?? []),
  };
}

function throughText(event: Event, change: (key: string, value: unknown) => unknown): Event {
  return decodeEvent(JSON.parse(JSON.stringify(encodeEvent(event)), change));
}

function cut(key: string, value: unknown): unknown {
  return typeof value === 'string' && key !== '' ? value.slice(0, 1) : value;
}

function assigned(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) copy[key] = inner;
  return copy;
}
