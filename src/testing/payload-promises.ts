/** What every log store promises about what it is given: payloads and ids are data, and come back as they were. */
import assert from 'node:assert/strict';
import { canonicalJson } from '../kernel/canonical-json';
import type { Event } from '../kernel/event';
import { sequencedEventText } from '../kernel/event-wire';
import type { RunId, Seq } from '../kernel/identity';
import type { Json } from '../kernel/json';
import type { LogStep } from '../kernel/log-store';
import { promises, rejects } from './contract-case';
import { chainedSteps, numbered, runRecord, stateUpdated, twoSteps } from './log-steps';

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
  '$1',
  '../escape',
  'Run',
  'run',
  '\u00e9',
  'e\u0301',
  '日本語',
  '🦀',
  '__proto__',
  'constructor',
  'null',
  '1',
  '1.0',
  'with\u0001control',
  'with',
  'with ',
  'l'.repeat(900),
];

/** Parsed, because in a literal `__proto__` sets the prototype. */
const PROTO = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"n":1}') as Json;

const AWKWARD_VALUES: readonly Json[] = [
  '',
  ' \t\r\n',
  '\u0000 in \u0000 it',
  "'; DROP TABLE events; --",
  '\u2028\u2029\ufeff\uffff',
  '🦀 and e\u0301',
  '\\ \\\\ \\u0000',
  -0,
  1e21,
  1.5e-7,
  Number.MAX_SAFE_INTEGER,
  Number.MAX_VALUE,
  5e-324,
  {},
  [],
  [[], {}, [null]],
  { '': 1, 1: 2, b: 3, a: { 10: 1, 9: 2 } },
  { '🦀': ['\u0000'], '\u0000': null, 'q"': '"' },
  'long '.repeat(20_000),
];

export const PAYLOAD_PROMISES = promises([
  {
    name: 'given an event of every kind, when it is read back, then it is what was appended',
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
      assert.deepEqual(
        (await store.scan('r', 1)).map(({ event }) => event),
        events,
      );
    },
  },
  {
    name: 'given values of every awkward kind, when they are read back, then they have the same text, byte for byte',
    holds: async (store) => {
      for (const [index, value] of AWKWARD_VALUES.entries()) {
        const text = typeof value === 'string' ? value : `text ${index}`;
        const events: readonly Event[] = [
          { type: 'StateUpdated', stepId: text, payload: value },
          { type: 'ActionRequested', actionId: text, payload: { in: value } },
          { type: 'ActionSucceeded', actionId: text, output: value },
          { type: 'ActionFailed', actionId: text, error: text },
          { type: 'Interrupted', value },
          { type: 'Resumed', value: [value] },
        ];
        const runId = `run ${index}`;
        await store.append(runId, events);
        assert.deepEqual(
          (await store.scan(runId, 1)).map(sequencedEventText),
          events.map((event, at) => sequencedEventText({ seq: at + 1, event })),
        );
        await store.save({ runId, atSeq: 1, state: value });
        const snapshot = await store.loadLatest(runId);
        assert.equal(canonicalJson(snapshot?.state), canonicalJson(value));
      }
    },
  },
  {
    name: 'given payloads with __proto__ keys, when they are read back, then they are data and pollute nothing',
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
        assert.equal(JSON.stringify({ payload: sortedKeys(payload) }), expected);
      }
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    },
  },
  {
    name: 'given run ids with quotes, unicode and percent signs, then each is a run of its own',
    holds: async (store) => {
      for (const [index, runId] of AWKWARD_RUN_IDS.entries()) {
        assert.equal(await store.append(runId, numbered(runId, index + 1)), index + 1);
        await store.save({ runId, atSeq: index + 1, state: runId });
      }
      for (const [index, runId] of AWKWARD_RUN_IDS.entries()) {
        assert.equal(await store.head(runId), index + 1);
        assert.deepEqual(await store.scan(runId, index + 1), [
          { seq: index + 1, event: stateUpdated({ [runId]: index + 1 }) },
        ]);
        assert.deepEqual(await store.loadLatest(runId), { runId, atSeq: index + 1, state: runId });
      }
    },
  },
  {
    name: 'given a run id with a lone surrogate, then every call refuses it',
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
      await rejects('InvalidRunId', store.prune(runId, 1));
      assert.equal(await store.head('half \ufffd crab'), 0);
    },
  },
  {
    name: 'given a run id with a NUL, or one that is too long, then every call refuses it',
    holds: async (store) => {
      const [step] = twoSteps(runRecord('whole'));
      for (const runId of ['with\0nul', '\0', 'l'.repeat(901), 'é'.repeat(500), 'l'.repeat(1_000_000)]) {
        await rejects('InvalidRunId', store.append(runId, [COMPLETED]));
        await rejects('InvalidRunId', store.scan(runId, 1));
        await rejects('InvalidRunId', store.head(runId));
        await rejects('InvalidRunId', store.save({ runId, atSeq: 1, state: 1 }));
        await rejects('InvalidRunId', store.loadLatest(runId));
        await rejects('InvalidRunId', store.loadRun(runId));
        await rejects('InvalidRunId', store.writeStep({ ...step, run: { ...step.run, runId } }));
        await rejects('InvalidRunId', store.scanLog(runId, 1));
        await rejects('InvalidRunId', store.prune(runId, 1));
      }
    },
  },
  {
    name: 'given objects that were stored, when their owner tries to change them, then the log stays what it was',
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
      assert.deepEqual(await store.scan('r', 1), [{ seq: 1, event: stateUpdated({ list: [1, 2] }, 'a') }]);
      assert.deepEqual((await store.loadLatest('r'))?.state, { n: 1 });
    },
  },
]);

/** Frozen objects throw where they are changed; that the change had no effect is checked by whoever attempts it. */
function attempt(change: () => unknown): void {
  try {
    change();
  } catch (error) {
    assert.ok(error instanceof TypeError);
  }
}

/** A JSON value as pairs in key order, which shows own keys only, `__proto__` too. */
function sortedKeys(value: Json): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, inner]) => [key, sortedKeys(inner)]);
}
