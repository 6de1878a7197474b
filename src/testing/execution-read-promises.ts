/** What every execution event store promises about reading and listing: all of it, in order, and no more than was asked for. */
import assert from 'node:assert/strict';
import { EXECUTIONS_LISTED_MAX } from '../records/execution-events/execution-event-store';
import { rejects } from './contract-case';
import { listed, note, notes, sequences, TIME_MS, type ExecutionEventPromise } from './execution-event-case';

export const EXECUTION_READ_PROMISES = Object.freeze<ExecutionEventPromise[]>([
  {
    name: 'given an execution that nobody wrote, then it has no events and does not exist',
    holds: async (store) => {
      assert.equal(await store.getLatestSequence('e'), null);
      assert.equal(await store.executionExists('e'), false);
      assert.equal(await store.countEvents('e'), 0);
      assert.equal((await store.loadEvents('e')).length, 0);
      assert.equal((await store.loadEventsAfter('e', 0)).length, 0);
      assert.deepEqual(await listed(store, 10, 0), []);
    },
  },
  {
    name: 'given events, when those after a sequence are loaded, then it is left out itself',
    holds: async (store) => {
      await store.appendBatch('e', notes(1, 5));
      const after = async (sequence: number): Promise<number[]> =>
        sequences(await store.loadEventsAfter('e', sequence));
      assert.deepEqual(await after(0), [1, 2, 3, 4, 5]);
      assert.deepEqual(await after(1), [2, 3, 4, 5]);
      assert.deepEqual(await after(4), [5]);
      assert.deepEqual(await after(5), []);
      assert.deepEqual(await after(99), []);
    },
  },
  {
    name: 'given many events, when they are loaded in pages, then a page ends at its limit and nothing is passed over',
    holds: async (store) => {
      await store.appendBatch('e', notes(1, 1_200));
      const read: number[] = [];
      for (;;) {
        const page = await store.loadEventsAfter('e', read.length, 70);
        assert.ok(page.length <= 70);
        if (page.length === 0) break;
        read.push(...sequences(page));
      }
      assert.deepEqual(read, sequences(await store.loadEvents('e')));
      assert.equal(read.length, 1_200);
      assert.equal((await store.loadEventsAfter('e', 0, 0)).length, 0);
      assert.equal((await store.loadEventsAfter('e', 0, 1_100)).length, 1_100);
    },
  },
  {
    name: 'given a stored event, then it says whose it is, where it stands and when it happened',
    holds: async (store) => {
      await store.append('e', note(1, 0));
      await store.append('e', note(2, TIME_MS + 0.0));
      await store.append('e', note(3, -1));
      const [first, second, third] = await store.loadEvents('e');
      assert.deepEqual(
        { ...first, event: null },
        { sequence: 1, executionId: 'e', tenantId: store.tenant, event: null, timestampMs: 0 },
      );
      assert.equal(second?.timestampMs, TIME_MS);
      assert.equal(third?.timestampMs, -1);
    },
  },
  {
    name: 'given executions, when they are listed, then the newest come first, within limit and offset',
    holds: async (store) => {
      await store.append('second', note(1, TIME_MS + 2));
      await store.append('first', note(1, TIME_MS + 1));
      await store.append('third', note(1, TIME_MS + 3));
      assert.deepEqual(await listed(store, 10, 0), ['third', 'second', 'first']);
      assert.deepEqual(await listed(store, 1, 0), ['third']);
      assert.deepEqual(await listed(store, 1, 1), ['second']);
      assert.deepEqual(await listed(store, 2, 1), ['second', 'first']);
      assert.deepEqual(await listed(store, 0, 0), []);
      assert.deepEqual(await listed(store, 10, 3), []);
      assert.deepEqual(await listed(store, EXECUTIONS_LISTED_MAX, Number.MAX_SAFE_INTEGER), []);
    },
  },
  {
    name: 'given an old execution, when something is appended to it, then its place in the list stays',
    holds: async (store) => {
      await store.append('old', note(1, TIME_MS));
      await store.append('new', note(1, TIME_MS + 1));
      await store.append('old', note(2, TIME_MS + 2));
      assert.deepEqual(await listed(store, 10, 0), ['new', 'old']);
    },
  },
  {
    name: 'given executions of one time, when they are listed, then they stand in the order of their ids, the greatest first',
    holds: async (store) => {
      for (const id of ['b', '\uff5e', 'a', '🦀', 'ab', 'B']) await store.append(id, note(1));
      assert.deepEqual(await listed(store, 10, 0), ['🦀', '\uff5e', 'b', 'ab', 'a', 'B']);
    },
  },
  {
    name: 'given a listing without bounds, then it is refused',
    holds: async (store) => {
      for (const limit of [EXECUTIONS_LISTED_MAX + 1, -1, 0.5, NaN, Infinity]) {
        await rejects('EventStore', store.listExecutions(limit, 0));
      }
      for (const offset of [-1, 0.5, NaN, Infinity]) await rejects('EventStore', store.listExecutions(1, offset));
    },
  },
  {
    name: 'given a sequence or limit that is none, when events are loaded, then it is refused',
    holds: async (store) => {
      await store.append('e', note(1));
      for (const number of [-1, 0.5, NaN, Infinity]) {
        await rejects('EventStore', store.loadEventsAfter('e', number));
        await rejects('EventStore', store.loadEventsAfter('e', 0, number));
      }
    },
  },
]);
