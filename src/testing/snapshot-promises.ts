/** What every log store promises about snapshots: the nearest is found, and pruning leaves the last. */
import assert from 'node:assert/strict';
import type { Seq } from '../kernel/identity';
import type { Json } from '../kernel/json';
import type { LogStore } from '../kernel/log-store';
import { promises, rejects } from './contract-case';

export const SNAPSHOT_PROMISES = promises([
  {
    name: 'when the latest snapshot is loaded, then it is the one with the highest seq, whichever was saved last',
    holds: async (store) => {
      await store.save({ runId: 'r', atSeq: 5, state: { at: 5 } });
      await store.save({ runId: 'r', atSeq: 3, state: { at: 3 } });
      assert.deepEqual(await store.loadLatest('r'), { runId: 'r', atSeq: 5, state: { at: 5 } });
    },
  },
  {
    name: 'when a snapshot at or before a seq is loaded, then it is the nearest one, or null',
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
        assert.equal((await store.loadLatest('r', atOrBefore))?.atSeq ?? null, found);
      }
    },
  },
  {
    name: 'when a snapshot of the same seq is saved again, then it replaces the first',
    holds: async (store) => {
      for (const atSeq of [1, 2, 3]) await store.save({ runId: 'r', atSeq, state: 'old' });
      await store.save({ runId: 'r', atSeq: 2, state: 'new' });
      assert.deepEqual(await store.loadLatest('r', 1), { runId: 'r', atSeq: 1, state: 'old' });
      assert.deepEqual(await store.loadLatest('r', 2), { runId: 'r', atSeq: 2, state: 'new' });
      assert.deepEqual(await store.loadLatest('r', 3), { runId: 'r', atSeq: 3, state: 'old' });
    },
  },
  {
    name: 'given a snapshot that is none, when it is saved, then it is refused',
    holds: async (store) => {
      await rejects('SnapshotStore', store.save({ runId: 'r', atSeq: -1, state: 1 }));
      await rejects('SnapshotStore', store.save({ runId: 'r', atSeq: 1.5, state: 1 }));
      await rejects('NotJson', store.save({ runId: 'r', atSeq: 1, state: undefined as unknown as Json }));
      assert.equal(await store.loadLatest('r'), null);
    },
  },
  {
    name: 'when snapshots are pruned, then those before the seq are gone, and the others stay',
    holds: async (store) => {
      for (const atSeq of [2, 4, 6, 8]) await store.save({ runId: 'r', atSeq, state: { at: atSeq } });
      await store.save({ runId: 'other', atSeq: 1, state: 1 });
      assert.equal(await store.prune('r', 2), 0);
      assert.deepEqual(await seqsOf(store, 'r'), [8, 6, 4, 2]);
      assert.equal(await store.prune('r', 5), 2);
      assert.deepEqual(await seqsOf(store, 'r'), [8, 6]);
      assert.deepEqual(await seqsOf(store, 'other'), [1]);
      assert.equal(await store.prune('nobody', 5), 0);
      await rejects('SnapshotStore', store.prune('r', 1.5));
    },
  },
  {
    name: 'when all snapshots are pruned, then the last one stays, however often',
    holds: async (store) => {
      for (const atSeq of [3, 1, 2]) await store.save({ runId: 'r', atSeq, state: { at: atSeq } });
      assert.equal(await store.prune('r', Number.MAX_SAFE_INTEGER), 2);
      assert.equal(await store.prune('r', 99), 0);
      assert.deepEqual(await store.loadLatest('r'), { runId: 'r', atSeq: 3, state: { at: 3 } });
      await store.save({ runId: 'r', atSeq: 7, state: { at: 7 } });
      assert.equal(await store.prune('r', 7), 1);
      assert.deepEqual(await seqsOf(store, 'r'), [7]);
    },
  },
]);

/** The seqs of a run's snapshots, the last first. */
async function seqsOf(store: LogStore, runId: string): Promise<Seq[]> {
  const seqs: Seq[] = [];
  for (
    let found = await store.loadLatest(runId);
    found !== null;
    found = await store.loadLatest(runId, found.atSeq - 1)
  ) {
    seqs.push(found.atSeq);
  }
  return seqs;
}
