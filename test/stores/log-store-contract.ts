/**
 * What every log store does, as checks that any store can be held against.
 *
 * A check is a plain function, so that a test can also hold a broken store against it and see it fail
 * (`log-store-contract.test.ts`). Every check gets an empty store of its own.
 */
import fc from 'fast-check';
import type { KernelErrorCode } from '../../src/kernel/error';
import type { Event } from '../../src/kernel/event';
import { sequencedEventText } from '../../src/kernel/event-wire';
import { scanExecutionLog, scanExecutionLogWithStateHashes, verifyChain } from '../../src/kernel/execution-log';
import type { RunId, Seq } from '../../src/kernel/identity';
import type { Json } from '../../src/kernel/json';
import type { LogStep, LogStore } from '../../src/kernel/log-store';
import { stateUpdatedOnlyReducer } from '../../src/kernel/reducer';
import { chainedSteps, numbered, runRecord, stateUpdated, twoSteps } from './log-step-fixture';

/** One promise of every store. */
export interface ContractCheck {
  readonly sentence: string;
  readonly holds: (store: LogStore) => Promise<void>;
}

/** Opens an empty store. The contract closes it. */
export type OpenStore = () => LogStore | Promise<LogStore>;

/** Runs the whole contract against a store, as jest tests. */
export function describeLogStoreContract(name: string, open: OpenStore): void {
  describe(`${name} keeps the contract of log stores`, () => {
    test.each(LOG_STORE_CONTRACT.map(({ sentence, holds }) => [sentence, holds] as const))('%s', async (_, holds) => {
      const store = await open();
      try {
        await holds(store);
      } finally {
        await store.close();
      }
    });
  });
}

const COMPLETED: Event = { type: 'Completed' };

const AWKWARD_RUN_IDS: readonly RunId[] = [
  '',
  ' ',
  "o'brien",
  '"quoted"',
  "'; DROP TABLE events; --",
  '100%',
  'a_b',
  'a?b',
  ':run',
  '../escape',
  'Run',
  'run',
  'é',
  'e\u0301',
  '日本語',
  '🦀',
  '__proto__',
  'constructor',
  'null',
  '1',
  '1.0',
  'with\u0000nul',
  'with',
];

/** Parsed, because in a literal `__proto__` sets the prototype. */
const PROTO = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"n":1}') as Json;

const json: fc.Arbitrary<Json> = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }) as fc.Arbitrary<Json>;
const text = fc.string({ unit: 'binary', maxLength: 20 });
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ type: fc.constant('StateUpdated' as const), stepId: fc.option(text), payload: json }),
  fc.record({ type: fc.constant('ActionRequested' as const), actionId: text, payload: json }),
  fc.record({ type: fc.constant('ActionSucceeded' as const), actionId: text, output: json }),
  fc.record({ type: fc.constant('ActionFailed' as const), actionId: text, error: text }),
  fc.record({ type: fc.constant('Interrupted' as const), value: json }),
  fc.record({ type: fc.constant('Resumed' as const), value: json }),
  fc.constant(COMPLETED),
);

/** The contract. */
export const LOG_STORE_CONTRACT: readonly ContractCheck[] = [
  {
    sentence: 'given a run that nobody wrote, then it is empty everywhere',
    holds: async (store) => {
      expect(await store.head('nobody')).toBe(0);
      expect(await store.scan('nobody', 1)).toEqual([]);
      expect(await store.scanLog('nobody', 1)).toEqual([]);
      expect(await store.loadLatest('nobody')).toBeNull();
      expect(await store.loadRun('nobody')).toBeNull();
    },
  },
  {
    sentence: 'when events are appended, then the seq of the last one is returned and is the head',
    holds: async (store) => {
      expect(await store.append('r', [COMPLETED])).toBe(1);
      expect(await store.append('r', numbered('a', 3))).toBe(4);
      expect(await store.head('r')).toBe(4);
    },
  },
  {
    sentence: 'when no events are appended, then the head is returned and nothing is written',
    holds: async (store) => {
      expect(await store.append('r', [])).toBe(0);
      await store.append('r', numbered('a', 4));
      expect(await store.append('r', [])).toBe(4);
      await rejects('HeadConflict', store.append('r', [], 3));
      expect(await store.head('r')).toBe(4);
    },
  },
  {
    sentence: 'when a run is scanned from a seq, then that event and all later ones come, ascending',
    holds: async (store) => {
      await store.append('r', numbered('a', 4));
      for (const [from, seqs] of [
        [-1, [1, 2, 3, 4]],
        [0, [1, 2, 3, 4]],
        [1, [1, 2, 3, 4]],
        [3, [3, 4]],
        [4, [4]],
        [5, []],
        [99, []],
      ] as const) {
        expect((await store.scan('r', from)).map(({ seq }) => seq)).toEqual(seqs);
      }
      expect(await store.scan('r', 3)).toEqual([
        { seq: 3, event: stateUpdated({ a: 3 }) },
        { seq: 4, event: stateUpdated({ a: 4 }) },
      ]);
      await rejects('EventStore', store.scan('r', 1.5));
      await rejects('EventStore', store.scan('r', Number.NaN));
    },
  },
  {
    sentence: 'given two runs, then neither sees anything of the other',
    holds: async (store) => {
      await store.append('a', numbered('a', 2));
      const [first] = twoSteps(runRecord('b'));
      await store.writeStep(first);
      expect(await store.head('a')).toBe(2);
      expect(await store.scan('a', 1)).toEqual(numbered('a', 2).map((event, index) => ({ seq: index + 1, event })));
      expect(await store.loadLatest('a')).toBeNull();
      expect(await store.loadRun('a')).toBeNull();
      expect(await store.scanLog('a', 1)).toEqual([]);
      expect(await store.append('c', [COMPLETED])).toBe(1);
      expect(await store.scanLog('b', 1)).toEqual(first.entries);
    },
  },
  {
    sentence: 'given a head that moved, when a writer expects the old one, then HeadConflict and nothing is written',
    holds: async (store) => {
      expect(await store.append('r', numbered('a', 2), 0)).toBe(2);
      expect(await store.append('r', numbered('b', 1), 2)).toBe(3);
      for (const expected of [0, 2, 4]) await rejects('HeadConflict', store.append('r', numbered('c', 2), expected));
      await rejects('HeadConflict', store.append('new', numbered('c', 2), 1));
      expect((await store.scan('r', 1)).map(({ event }) => event)).toEqual([...numbered('a', 2), ...numbered('b', 1)]);
      expect(await store.head('new')).toBe(0);
    },
  },
  {
    sentence: 'given a batch with an event that can not be stored, when it is appended, then none of it is',
    holds: async (store) => {
      await store.append('r', numbered('a', 1));
      const notJson = stateUpdated(Number.NaN);
      const unknown = { type: 'Invented', value: 1 } as unknown as Event;
      await rejects('InvalidEvent', store.append('r', [...numbered('b', 2), notJson]));
      await rejects('InvalidEvent', store.append('r', [...numbered('b', 2), unknown, COMPLETED]));
      expect(await store.head('r')).toBe(1);
      expect(await store.append('r', [COMPLETED])).toBe(2);
    },
  },
  {
    sentence: 'given a batch of 20,000 events, when it is appended, then all of it is there',
    holds: async (store) => {
      expect(await store.append('r', numbered('a', 20_000))).toBe(20_000);
      expect(await store.append('r', [COMPLETED])).toBe(20_001);
      expect(await store.scan('r', 20_000)).toEqual([
        { seq: 20_000, event: stateUpdated({ a: 20_000 }) },
        { seq: 20_001, event: COMPLETED },
      ]);
      expect((await store.scan('r', 1)).length).toBe(20_001);
    },
  },
  {
    sentence: 'given an event of every kind, when it is read back, then it is what was appended',
    holds: async (store) => {
      const events: readonly Event[] = [
        stateUpdated([1]),
        stateUpdated({ nested: { list: [1, null, true, 'x', -0.5, 1e21] } }, 'node-1'),
        stateUpdated(null, ''),
        { type: 'ActionRequested', actionId: 'r-4', payload: { CallTool: { tool: 'demo', input: {} } } },
        { type: 'ActionSucceeded', actionId: 'r-4', output: 'naïve 🦀 \u2028 "quoted" \\ \u0000' },
        { type: 'ActionFailed', actionId: 'r-4', error: 'it broke' },
        { type: 'Interrupted', value: { question: '?' } },
        { type: 'Resumed', value: 1 },
        COMPLETED,
      ];
      await store.append('r', events);
      expect((await store.scan('r', 1)).map(({ event }) => event)).toEqual(events);
    },
  },
  {
    sentence: 'given any events, when they are read back, then they have the same text, byte for byte',
    holds: async (store) => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(text, fc.array(anyEvent, { minLength: 1, maxLength: 8 }), async (name, events) => {
          const runId = `${(run += 1)} ${name}`;
          await store.append(runId, events);
          const texts = events.map((event, index) => sequencedEventText({ seq: index + 1, event }));
          expect((await store.scan(runId, 1)).map(sequencedEventText)).toEqual(texts);
        }),
        { numRuns: 50 },
      );
    },
  },
  {
    sentence: 'given payloads with __proto__ keys, when they are read back, then they are data and pollute nothing',
    holds: async (store) => {
      const [step] = chainedSteps(runRecord('mirrored', PROTO), [{ events: [stateUpdated(PROTO)], position: PROTO }]);
      await store.append('r', [stateUpdated(PROTO)]);
      await store.save({ runId: 'r', atSeq: 1, state: PROTO });
      await store.writeStep(step as LogStep);
      const [event] = await store.scan('r', 1);
      const run = await store.loadRun('mirrored');
      const [entry] = await store.scanLog('mirrored', 1);
      const expected = JSON.stringify({ payload: sortedKeys(PROTO) });
      for (const payload of [
        event?.event.type === 'StateUpdated' ? event.event.payload : null,
        (await store.loadLatest('r'))?.state ?? null,
        run?.initialState ?? null,
        run?.position ?? null,
        entry?.event.type === 'StateUpdated' ? entry.event.payload : null,
      ]) {
        expect(JSON.stringify({ payload: sortedKeys(payload) })).toBe(expected);
      }
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  },
  {
    sentence: 'given run ids with quotes, unicode and percent signs, then each is a run of its own',
    holds: async (store) => {
      for (const [index, runId] of AWKWARD_RUN_IDS.entries()) {
        expect(await store.append(runId, numbered(runId, index + 1))).toBe(index + 1);
        await store.save({ runId, atSeq: index + 1, state: runId });
      }
      for (const [index, runId] of AWKWARD_RUN_IDS.entries()) {
        expect(await store.head(runId)).toBe(index + 1);
        expect(await store.scan(runId, index + 1)).toEqual([
          { seq: index + 1, event: stateUpdated({ [runId]: index + 1 }) },
        ]);
        expect(await store.loadLatest(runId)).toEqual({ runId, atSeq: index + 1, state: runId });
      }
    },
  },
  {
    sentence: 'given a run id with a lone surrogate, then every call refuses it',
    holds: async (store) => {
      const runId = 'half \ud83e crab';
      const [step] = twoSteps(runRecord('whole'));
      await rejects('InvalidRunId', store.append(runId, [COMPLETED]));
      await rejects('InvalidRunId', store.scan(runId, 1));
      await rejects('InvalidRunId', store.head(runId));
      await rejects('InvalidRunId', store.save({ runId, atSeq: 1, state: 1 }));
      await rejects('InvalidRunId', store.loadLatest(runId));
      await rejects('InvalidRunId', store.loadRun(runId));
      await rejects('InvalidRunId', store.writeStep({ ...step, run: { ...step.run, runId } }));
      await rejects('InvalidRunId', store.scanLog(runId, 1));
      expect(await store.head('half \ufffd crab')).toBe(0);
    },
  },
  {
    sentence: 'given objects that were stored, when their owner tries to change them, then the log stays what it was',
    holds: async (store) => {
      const payload = { list: [1, 2] };
      const state = { n: 1 };
      const event = { type: 'StateUpdated' as const, stepId: 'a' as string | null, payload };
      await store.append('r', [event]);
      await store.save({ runId: 'r', atSeq: 1, state });
      attempt(() => payload.list.push(3));
      attempt(() => (state.n = 2));
      attempt(() => (event.stepId = 'b'));
      const [read] = await store.scan('r', 1);
      attempt(() => ((read as { seq: Seq }).seq = 9));
      expect(await store.scan('r', 1)).toEqual([{ seq: 1, event: stateUpdated({ list: [1, 2] }, 'a') }]);
      expect((await store.loadLatest('r'))?.state).toEqual({ n: 1 });
    },
  },
  {
    sentence: 'the specification: a scanned execution log is canonical',
    holds: async (store) => {
      await store.append('run-scan', [stateUpdated([1], 'n1'), COMPLETED]);
      expect(await scanExecutionLog(store, 'run-scan', 1)).toEqual([
        { threadId: 'run-scan', stepId: 'n1', eventIndex: 1, event: stateUpdated([1], 'n1'), stateHash: null },
        { threadId: 'run-scan', stepId: null, eventIndex: 2, event: COMPLETED, stateHash: null },
      ]);
    },
  },
  {
    sentence: 'the specification: a scanned execution log has state hashes, and Completed preserves the last one',
    holds: async (store) => {
      await store.append('run-hash', [stateUpdated([1], 'n1'), COMPLETED]);
      const log = await scanExecutionLogWithStateHashes(store, 'run-hash', 1, [0], stateUpdatedOnlyReducer);
      expect(log.map(({ stateHash }) => stateHash)).toEqual([
        // SHA-256 of `[1]`.
        '080a9ed428559ef602668b4c00f114f1a11c3f6b02a435f0bdc154578e4d7f22',
        '080a9ed428559ef602668b4c00f114f1a11c3f6b02a435f0bdc154578e4d7f22',
      ]);
    },
  },
  {
    sentence: 'given two writers that do not look, when both append at once, then their batches never interleave',
    holds: async (store) => {
      const batches = Array.from({ length: 60 }, (_, batch) =>
        numbered(`writer ${batch % 2} batch ${batch}`, 1 + (batch % 4)),
      );
      const heads = await Promise.all(batches.map((batch) => store.append('r', batch)));
      const events = (await store.scan('r', 1)).map(({ event }) => event);
      expect(events.length).toBe(batches.flat().length);
      batches.forEach((batch, index) => {
        const last = heads[index] as Seq;
        expect(events.slice(last - batch.length, last)).toEqual(batch);
      });
    },
  },
  {
    sentence: 'given two writers that expect the same head, when both append at once, then exactly one does',
    holds: async (store) => {
      for (let round = 0; round < 20; round += 1) {
        const outcomes = await Promise.allSettled([
          store.append('r', numbered(`left ${round}`, 2), round * 2),
          store.append('r', numbered(`right ${round}`, 2), round * 2),
        ]);
        expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        expect(await store.head('r')).toBe(round * 2 + 2);
      }
    },
  },
  {
    sentence: 'when the latest snapshot is loaded, then it is the one with the highest seq, whichever was saved last',
    holds: async (store) => {
      await store.save({ runId: 'r', atSeq: 5, state: { at: 5 } });
      await store.save({ runId: 'r', atSeq: 3, state: { at: 3 } });
      expect(await store.loadLatest('r')).toEqual({ runId: 'r', atSeq: 5, state: { at: 5 } });
    },
  },
  {
    sentence: 'when a snapshot at or before a seq is loaded, then it is the nearest one, or null',
    holds: async (store) => {
      for (const atSeq of [4, 8, 2, 6]) await store.save({ runId: 'r', atSeq, state: { at: atSeq } });
      for (const [atOrBefore, found] of [
        [0, null],
        [1, null],
        [2, 2],
        [3, 2],
        [7, 6],
        [8, 8],
        [99, 8],
      ] as const) {
        expect((await store.loadLatest('r', atOrBefore))?.atSeq ?? null).toBe(found);
      }
    },
  },
  {
    sentence: 'when a snapshot of the same seq is saved again, then it replaces the first',
    holds: async (store) => {
      for (const atSeq of [1, 2, 3]) await store.save({ runId: 'r', atSeq, state: 'old' });
      await store.save({ runId: 'r', atSeq: 2, state: 'new' });
      expect(await store.loadLatest('r', 1)).toEqual({ runId: 'r', atSeq: 1, state: 'old' });
      expect(await store.loadLatest('r', 2)).toEqual({ runId: 'r', atSeq: 2, state: 'new' });
      expect(await store.loadLatest('r', 3)).toEqual({ runId: 'r', atSeq: 3, state: 'old' });
    },
  },
  {
    sentence: 'given a snapshot that is none, when it is saved, then it is refused',
    holds: async (store) => {
      await rejects('SnapshotStore', store.save({ runId: 'r', atSeq: -1, state: 1 }));
      await rejects('SnapshotStore', store.save({ runId: 'r', atSeq: 1.5, state: 1 }));
      await rejects('NotJson', store.save({ runId: 'r', atSeq: 1, state: undefined as unknown as Json }));
      expect(await store.loadLatest('r')).toBeNull();
    },
  },
  {
    sentence:
      'when steps are written, then run, events, entries, snapshots and position are there, and the chain holds',
    holds: async (store) => {
      const run = runRecord('r');
      const [first, second] = twoSteps(run);
      await store.writeStep(first);
      expect(await store.loadRun('r')).toEqual({ ...run, head: 3, position: { event: 10 } });
      await store.writeStep(second);
      expect(await store.loadRun('r')).toEqual({ ...run, head: 5, position: { event: 20 } });
      const entries = [...first.entries, ...second.entries];
      const log = await store.scanLog('r', 1);
      expect(log).toEqual(entries);
      expect(verifyChain(run.genesisHash, log)).toEqual({ ok: true, head: 5, hash: entries[4]?.hash });
      expect(await store.head('r')).toBe(5);
      expect(await store.scan('r', 1)).toEqual(entries.map(({ eventIndex: seq, event }) => ({ seq, event })));
      expect(await store.loadLatest('r')).toEqual({ runId: 'r', atSeq: 5, state: { n: 5 } });
      expect(await store.loadLatest('r', 4)).toEqual({ runId: 'r', atSeq: 3, state: { n: 3 } });
    },
  },
  {
    sentence: 'when a step without entries is written, then the run and its position are there',
    holds: async (store) => {
      const run = runRecord('r');
      const [first, second] = chainedSteps(run, [
        { events: [], position: null },
        { events: [], position: { event: 4 } },
      ]) as [LogStep, LogStep];
      await store.writeStep(first);
      expect(await store.loadRun('r')).toEqual({ ...run, head: 0, position: null });
      await store.writeStep(second);
      expect(await store.loadRun('r')).toEqual({ ...run, head: 0, position: { event: 4 } });
    },
  },
  {
    sentence: 'given positions that differ in key order only, when a step is written, then they are the same',
    holds: async (store) => {
      const run = runRecord('r');
      const [first, second] = chainedSteps(run, [
        { events: [], position: { a: 1, b: [2] } },
        { events: [COMPLETED], position: { a: 2 } },
      ]) as [LogStep, LogStep];
      await store.writeStep(first);
      await store.writeStep({ ...second, expectedPosition: { b: [2], a: 1 } });
      expect((await store.loadRun('r'))?.head).toBe(1);
    },
  },
  {
    sentence:
      'given a step that was written, when it is retried, then HeadConflict, and its position tells that it is in',
    holds: async (store) => {
      const steps = twoSteps(runRecord('r'));
      for (const [index, step] of steps.entries()) {
        await store.writeStep(step);
        await rejects('HeadConflict', store.writeStep(step));
        expect((await store.loadRun('r'))?.position).toEqual(step.position);
        expect((await store.scanLog('r', 1)).length).toBe([3, 5][index]);
      }
    },
  },
  {
    sentence:
      'given another head or position than a step expects, when it is written, then HeadConflict and nothing is',
    holds: async (store) => {
      const run = runRecord('r');
      const [first, second] = twoSteps(run);
      await rejectsStep('HeadConflict', store, second);
      await rejectsStep('HeadConflict', store, { ...first, expectedPosition: { event: 1 } });
      await store.writeStep(first);
      await rejectsStep('HeadConflict', store, { ...second, expectedPosition: { event: 11 } });
      await rejectsStep('HeadConflict', store, { ...second, expectedPosition: null });
      await rejectsStep('HeadConflict', store, { ...second, expectedHead: 4, entries: second.entries.slice(1) });
      await rejectsStep('HeadConflict', store, { ...second, expectedHead: 0, entries: first.entries, snapshots: [] });
      await store.writeStep(second);
    },
  },
  {
    sentence: 'given two mirrors with the same step, when both write at once, then it is in once',
    holds: async (store) => {
      const steps = twoSteps(runRecord('r'));
      for (const step of steps) {
        const outcomes = await Promise.allSettled([store.writeStep(step), store.writeStep(step)]);
        expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      }
      expect(await store.scanLog('r', 1)).toEqual(steps.flatMap(({ entries }) => entries));
    },
  },
  {
    sentence: 'given a step that hangs together badly, when it is written, then it is refused whole',
    holds: async (store) => {
      const [first, second] = twoSteps(runRecord('r'));
      const [one, two, three] = first.entries as [LogStep['entries'][0], LogStep['entries'][0], LogStep['entries'][0]];
      const foreign = { runId: 'other', atSeq: 1, state: 1 };
      const bad: readonly (readonly [KernelErrorCode, Partial<LogStep>])[] = [
        ['EventStore', { entries: [one, three] }],
        ['EventStore', { entries: [two, three] }],
        ['EventStore', { entries: [one, one, two] }],
        ['EventStore', { entries: [one, two, two] }],
        ['EventStore', { entries: [two, one, three] }],
        ['EventStore', { entries: [one, two, { ...three, threadId: 'other' }] }],
        ['EventStore', { entries: [one, two, { ...three, origin: { ...three.origin, timeMs: 0.5 } }] }],
        ['EventStore', { entries: [one, two, { ...three, origin: { ...three.origin, historyEventId: -1 } }] }],
        ['InvalidEvent', { entries: [one, two, { ...three, event: stateUpdated(Number.NaN) }] }],
        ['EventStore', { snapshots: [...first.snapshots, foreign] }],
        ['SnapshotCorrupt', { snapshots: [{ runId: 'r', atSeq: 4, state: 1 }] }],
        ['NotJson', { position: undefined as unknown as Json }],
        ['EventStore', { expectedHead: -1 }],
      ];
      for (const [code, change] of bad) await rejectsStep(code, store, { ...first, ...change });
      await store.writeStep(first);
      await rejectsStep('EventStore', store, { ...second, entries: [three, ...second.entries] });
      await rejectsStep('EventStore', store, { ...second, entries: second.entries.slice(1) });
      expect(await store.loadLatest('other')).toBeNull();
    },
  },
  {
    sentence: 'given a run, when a step of another run with its id is written, then RunAlreadyStarted and nothing is',
    holds: async (store) => {
      const run = runRecord('r');
      const [first, second] = twoSteps(run);
      await store.writeStep(first);
      const otherExecution = { ...run, firstExecutionId: 'another' };
      const otherBeginning = runRecord('r', { n: 7 });
      await rejectsStep('RunAlreadyStarted', store, { ...second, run: otherExecution });
      await rejectsStep('RunAlreadyStarted', store, { ...second, run: otherBeginning });
      await rejectsStep('RunAlreadyStarted', store, { ...first, run: otherExecution });
      await store.writeStep(second);
    },
  },
  {
    sentence:
      'given a mirrored run, when events are appended without entries, then they are refused: its log would end',
    holds: async (store) => {
      const [first, second] = twoSteps(runRecord('r'));
      await store.writeStep(first);
      await rejects('RunAlreadyStarted', store.append('r', [COMPLETED]));
      await rejects('RunAlreadyStarted', store.append('r', [COMPLETED], 3));
      expect(await store.append('r', [])).toBe(3);
      await store.writeStep(second);
    },
  },
  {
    sentence: 'given events that were appended without entries, when a step of that run is written, then it is refused',
    holds: async (store) => {
      const [first, second] = twoSteps(runRecord('r'));
      await store.append('r', numbered('a', 3));
      await rejectsStep('HeadConflict', store, first);
      await rejectsStep('RunAlreadyStarted', store, { ...second, expectedPosition: null });
    },
  },
  {
    sentence: 'when a log is read in pages, then each has at most its limit, and together they are the log',
    holds: async (store) => {
      const steps = chainedSteps(runRecord('r'), [{ events: numbered('a', 25), position: 1 }]);
      const [step] = steps as [LogStep];
      await store.writeStep(step);
      const read: LogStep['entries'][0][] = [];
      for (;;) {
        const page = await store.scanLog('r', read.length + 1, 10);
        if (page.length === 0) break;
        expect(page.length).toBe(Math.min(10, 25 - read.length));
        read.push(...page);
      }
      expect(read).toEqual(step.entries);
      expect(await store.scanLog('r', 24)).toEqual(step.entries.slice(23));
      expect(await store.scanLog('r', 0, 2)).toEqual(step.entries.slice(0, 2));
      expect(await store.scanLog('r', 1, 0)).toEqual([]);
      expect(await store.scanLog('r', 26)).toEqual([]);
      await rejects('EventStore', store.scanLog('r', 1, -1));
      await rejects('EventStore', store.scanLog('r', 1, 1.5));
    },
  },
  {
    sentence: 'when a store is closed twice, then nothing happens',
    holds: async (store) => {
      await store.close();
      await store.close();
    },
  },
];

/** Expects a rejection with a kernel error of the code, by code alone. */
export async function rejects(code: KernelErrorCode, promise: Promise<unknown>): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'KernelError', code });
}

/** Expects a step to be refused with everything as it was before. */
async function rejectsStep(code: KernelErrorCode, store: LogStore, step: LogStep): Promise<void> {
  const before = await everythingOf(store, step.run.runId);
  await rejects(code, store.writeStep(step));
  expect(await everythingOf(store, step.run.runId)).toEqual(before);
}

async function everythingOf(store: LogStore, runId: RunId): Promise<unknown> {
  return {
    run: await store.loadRun(runId),
    head: await store.head(runId),
    events: await store.scan(runId, 1),
    log: await store.scanLog(runId, 1),
    snapshot: await store.loadLatest(runId),
  };
}

/** Frozen objects throw where they are changed; that the change had no effect is checked by whoever attempts it. */
function attempt(change: () => unknown): void {
  try {
    change();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
  }
}

/** A JSON value as pairs in key order, which shows own keys only, `__proto__` too. */
function sortedKeys(value: Json): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, inner]) => [key, sortedKeys(inner)]);
}
