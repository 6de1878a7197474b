/** What every log store promises about events: they are appended in order, as a whole or not at all, and come back. */
import assert from 'node:assert/strict';
import type { Event } from '../kernel/event';
import { scanExecutionLog, scanExecutionLogWithStateHashes } from '../kernel/execution-log';
import type { Seq } from '../kernel/identity';
import type { LogStore } from '../kernel/log-store';
import { stateUpdatedOnlyReducer } from '../kernel/reducer';
import { promises, rejects } from './contract-case';
import { numbered, runRecord, stateUpdated, twoSteps } from './log-steps';

const COMPLETED: Event = { type: 'Completed' };

export const EVENT_PROMISES = promises([
  {
    name: 'given a run that nobody wrote, then it is empty everywhere',
    holds: async (store) => {
      assert.equal(await store.head('nobody'), 0);
      assert.deepEqual(await store.scan('nobody', 1), []);
      assert.deepEqual(await store.scanLog('nobody', 1), []);
      assert.equal(await store.loadLatest('nobody'), null);
      assert.equal(await store.loadRun('nobody'), null);
    },
  },
  {
    name: 'when events are appended, then the seq of the last one is returned and is the head',
    holds: async (store) => {
      assert.equal(await store.append('r', [COMPLETED]), 1);
      assert.equal(await store.append('r', numbered('a', 3)), 4);
      assert.equal(await store.head('r'), 4);
    },
  },
  {
    name: 'when no events are appended, then the head is returned and nothing is written',
    holds: async (store) => {
      assert.equal(await store.append('r', []), 0);
      await store.append('r', numbered('a', 4));
      assert.equal(await store.append('r', []), 4);
      await rejects('HeadConflict', store.append('r', [], 3));
      assert.equal(await store.head('r'), 4);
    },
  },
  {
    name: 'when a run is scanned from a seq, then that event and all later ones come, ascending',
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
        assert.deepEqual(
          (await store.scan('r', from)).map(({ seq }) => seq),
          seqs,
        );
      }
      assert.deepEqual(await store.scan('r', 3), [
        { seq: 3, event: stateUpdated({ a: 3 }) },
        { seq: 4, event: stateUpdated({ a: 4 }) },
      ]);
      await rejects('EventStore', store.scan('r', 1.5));
      await rejects('EventStore', store.scan('r', Number.NaN));
    },
  },
  {
    name: 'given two runs, then neither sees anything of the other',
    holds: async (store) => {
      await store.append('a', numbered('a', 2));
      const [first] = twoSteps(runRecord('b'));
      await store.writeStep(first);
      assert.equal(await store.head('a'), 2);
      assert.deepEqual(
        await store.scan('a', 1),
        numbered('a', 2).map((event, index) => ({ seq: index + 1, event })),
      );
      assert.equal(await store.loadLatest('a'), null);
      assert.equal(await store.loadRun('a'), null);
      assert.deepEqual(await store.scanLog('a', 1), []);
      assert.equal(await store.append('c', [COMPLETED]), 1);
      assert.deepEqual(await store.scanLog('b', 1), first.entries);
    },
  },
  {
    name: 'given a head that moved, when a writer expects the old one, then HeadConflict and nothing is written',
    holds: async (store) => {
      assert.equal(await store.append('r', numbered('a', 2), 0), 2);
      assert.equal(await store.append('r', numbered('b', 1), 2), 3);
      for (const expected of [0, 2, 4]) await rejects('HeadConflict', store.append('r', numbered('c', 2), expected));
      await rejects('HeadConflict', store.append('new', numbered('c', 2), 1));
      assert.deepEqual(
        (await store.scan('r', 1)).map(({ event }) => event),
        [...numbered('a', 2), ...numbered('b', 1)],
      );
      assert.equal(await store.head('new'), 0);
    },
  },
  {
    name: 'given a batch with an event that can not be stored, when it is appended, then none of it is',
    holds: async (store) => {
      await store.append('r', numbered('a', 1));
      const notJson = stateUpdated(Number.NaN);
      const unknown = { type: 'Invented', value: 1 } as unknown as Event;
      await rejects('InvalidEvent', store.append('r', [...numbered('b', 2), notJson]));
      await rejects('InvalidEvent', store.append('r', [...numbered('b', 2), unknown, COMPLETED]));
      assert.equal(await store.head('r'), 1);
      assert.equal(await store.append('r', [COMPLETED]), 2);
    },
  },
  {
    name: 'given a batch of 20,000 events, when it is appended, then all of it is there',
    holds: async (store) => {
      assert.equal(await store.append('r', numbered('a', 20_000)), 20_000);
      assert.equal(await store.append('r', [COMPLETED]), 20_001);
      assert.deepEqual(await store.scan('r', 20_000), [
        { seq: 20_000, event: stateUpdated({ a: 20_000 }) },
        { seq: 20_001, event: COMPLETED },
      ]);
      assert.equal((await store.scan('r', 1)).length, 20_001);
    },
  },
  {
    name: 'when events are read in pages, then each has at most its limit, and together they are the events',
    holds: async (store) => {
      await store.append('r', numbered('a', 25));
      const seqs: Seq[] = [];
      for (
        let page = await store.scan('r', 1, 10);
        page.length > 0;
        page = await store.scan('r', seqs.length + 1, 10)
      ) {
        assert.equal(page.length, Math.min(10, 25 - seqs.length));
        seqs.push(...page.map(({ seq }) => seq));
      }
      assert.deepEqual(
        seqs,
        Array.from({ length: 25 }, (_, index) => index + 1),
      );
      assert.deepEqual(await store.scan('r', 1, 0), []);
      await rejects('EventStore', store.scan('r', 1, -1));
    },
  },
  {
    name: 'the specification: a scanned execution log is canonical',
    holds: async (store) => {
      await store.append('run-scan', [stateUpdated([1], 'n1'), COMPLETED]);
      assert.deepEqual(await scanExecutionLog(store, 'run-scan', 1), [
        { threadId: 'run-scan', stepId: 'n1', eventIndex: 1, event: stateUpdated([1], 'n1'), stateHash: null },
        { threadId: 'run-scan', stepId: null, eventIndex: 2, event: COMPLETED, stateHash: null },
      ]);
    },
  },
  {
    name: 'the specification: a scanned execution log has state hashes, and Completed preserves the last one',
    holds: async (store) => {
      await store.append('run-hash', [stateUpdated([1], 'n1'), COMPLETED]);
      const log = await scanExecutionLogWithStateHashes(store, 'run-hash', 1, [0], stateUpdatedOnlyReducer);
      assert.deepEqual(
        log.map(({ stateHash }) => stateHash),
        [
          // SHA-256 of `[1]`.
          '080a9ed428559ef602668b4c00f114f1a11c3f6b02a435f0bdc154578e4d7f22',
          '080a9ed428559ef602668b4c00f114f1a11c3f6b02a435f0bdc154578e4d7f22',
        ],
      );
    },
  },
  {
    name: 'given two writers that do not look, when both append at once, then their batches never interleave',
    holds: async (store) => {
      const batches = Array.from({ length: 60 }, (_, batch) =>
        numbered(`writer ${batch % 2} batch ${batch}`, 1 + (batch % 4)),
      );
      const heads = await Promise.all(batches.map((batch) => store.append('r', batch)));
      const events = (await store.scan('r', 1)).map(({ event }) => event);
      assert.equal(events.length, batches.flat().length);
      batches.forEach((batch, index) => {
        const last = heads[index] as Seq;
        assert.deepEqual(events.slice(last - batch.length, last), batch);
      });
    },
  },
  {
    name: 'given two writers that expect the same head, when both append at once, then exactly one does',
    holds: async (store) => {
      for (let round = 0; round < 20; round += 1) {
        const outcomes = await Promise.allSettled([
          store.append('r', numbered(`left ${round}`, 2), round * 2),
          store.append('r', numbered(`right ${round}`, 2), round * 2),
        ]);
        assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
        assert.equal(await store.head('r'), round * 2 + 2);
      }
    },
  },
  {
    name: 'given two stores at one place, when both append at once, then no batch is split and none is lost',
    holds: async (store, open) => {
      const stores = [store, await open()] as const;
      const batches = Array.from({ length: 40 }, (_, batch) => numbered(`batch ${batch}`, 3));
      const heads = await Promise.all(
        batches.map((batch, index) => (stores[index % 2] as LogStore).append('r', batch)),
      );
      const events = (await store.scan('r', 1)).map(({ event }) => event);
      assert.equal(events.length, 120);
      batches.forEach((batch, index) => {
        assert.deepEqual(events.slice((heads[index] as number) - 3, heads[index]), batch);
      });
    },
  },
]);
