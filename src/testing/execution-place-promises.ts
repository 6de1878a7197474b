/** What every execution event store promises about tenants, ids and objects: what is one's own is nobody else's. */
import assert from 'node:assert/strict';
import type { ExecutionId } from '../records/execution-events/execution-event';
import { executionEventText } from '../records/execution-events/execution-event-wire';
import { rejects } from './contract-case';
import { labels, listed, note, notes, TIME_MS, type ExecutionEventPromise } from './execution-event-case';

/** Ids of executions that are not what they may look like. Each is plain text, and an execution of its own. */
const AWKWARD_IDS: readonly ExecutionId[] = [
  ' ',
  "o'brien",
  '"quoted"',
  "'; DROP TABLE execution_events; --",
  "' OR '1'='1",
  '100%',
  'a_b',
  'a?b',
  '$1',
  ':run',
  '../escape',
  'Run',
  'run',
  'é',
  'e\u0301',
  '日本語',
  '\uff5e',
  '🦀',
  '__proto__',
  'constructor',
  'null',
  '1',
  '1.0',
  '\\',
  'x'.repeat(900),
];

/** What can't name an execution. */
const REFUSED_IDS: readonly unknown[] = [
  '',
  'nul\u0000',
  'line\n',
  '\ud800',
  'x'.repeat(901),
  'é'.repeat(451),
  null,
  undefined,
  1,
  {},
];

export const EXECUTION_PLACE_PROMISES = Object.freeze<ExecutionEventPromise[]>([
  {
    name: 'given two tenants with one execution id, then each has an execution of its own and learns nothing of the other',
    holds: async (store, open) => {
      const other = await open('another tenant');
      await store.appendBatch('e', notes(1, 3));
      assert.equal(await other.executionExists('e'), false);
      assert.equal(await other.getLatestSequence('e'), null);
      assert.equal(await other.countEvents('e'), 0);
      assert.equal((await other.loadEvents('e')).length, 0);
      assert.equal((await other.loadEventsAfter('e', 0)).length, 0);
      assert.deepEqual(await listed(other, 10, 0), []);
      assert.equal(await other.append('e', note(9), 0), 1);
      assert.deepEqual(await labels(store, 'e'), [1, 2, 3]);
      assert.deepEqual(await labels(other, 'e'), [9]);
      assert.deepEqual(await listed(other, 10, 0), ['e']);
    },
  },
  {
    name: 'given a store that is opened again for its tenant, then the events are there',
    holds: async (store, open) => {
      await store.append('e', note(1));
      const again = await open();
      assert.equal(await again.append('e', note(2)), 2);
      assert.deepEqual(await labels(store, 'e'), [1, 2]);
    },
  },
  {
    name: 'given awkward ids, then each is plain text and an execution of its own',
    holds: async (store) => {
      for (const [index, id] of AWKWARD_IDS.entries()) assert.equal(await store.append(id, note(index)), 1);
      for (const [index, id] of AWKWARD_IDS.entries()) {
        assert.deepEqual(await labels(store, id), [index]);
        assert.equal((await store.loadEvents(id))[0]?.executionId, id);
      }
      assert.deepEqual((await listed(store, 100, 0)).sort(), [...AWKWARD_IDS].sort());
    },
  },
  {
    name: 'given an id that can name no execution, then every call refuses it',
    holds: async (store) => {
      for (const id of REFUSED_IDS as readonly ExecutionId[]) {
        await rejects('InvalidRunId', store.append(id, note(1)));
        await rejects('InvalidRunId', store.appendBatch(id, notes(1, 2)));
        await rejects('InvalidRunId', store.loadEvents(id));
        await rejects('InvalidRunId', store.loadEventsAfter(id, 0));
        await rejects('InvalidRunId', store.getLatestSequence(id));
        await rejects('InvalidRunId', store.executionExists(id));
        await rejects('InvalidRunId', store.countEvents(id));
      }
      assert.deepEqual(await listed(store, 10, 0), []);
    },
  },
  {
    name: 'given what was appended or loaded, when its owner tries to change it, then the store does not',
    holds: async (store) => {
      const data = { list: [1] };
      const given = { event: { type: 'Custom' as const, eventType: 'e', data }, timestampMs: TIME_MS };
      const batch = [given];
      await store.appendBatch('e', batch);
      attempt(() => data.list.push(2));
      attempt(() => (given.event.eventType = 'changed'));
      attempt(() => (given.timestampMs = 0));
      attempt(() => batch.pop());
      const loaded = (await store.loadEvents('e')) as unknown as { event: { data: { list: number[] } } }[];
      attempt(() => loaded[0]?.event.data.list.push(3));
      attempt(() => loaded.pop());
      const [stored] = await store.loadEvents('e');
      assert.equal(
        stored && executionEventText(stored.event),
        '{"type":"custom","event_type":"e","data":{"list":[1]}}',
      );
      assert.equal(stored?.timestampMs, TIME_MS);
    },
  },
]);

/** What is frozen throws; what is a copy does not. */
function attempt(change: () => unknown): void {
  try {
    change();
  } catch (error) {
    assert.ok(error instanceof TypeError);
  }
}
