/** What every log store promises about its place: it is found again, and every tenant has it to himself. */
import assert from 'node:assert/strict';
import type { Event } from '../kernel/event';
import type { LogStore } from '../kernel/log-store';
import { DEFAULT_TENANT, type TenantId } from '../kernel/tenant';
import { promises, rejects } from './contract-case';
import { numbered, runRecord, twoSteps } from './log-steps';

const COMPLETED: Event = { type: 'Completed' };

/** Different, however much they look alike. */
const ALIKE: readonly TenantId[] = [
  'tenant',
  'Tenant',
  'tenant ',
  "tenant'",
  'tenant%',
  '%',
  '_',
  '*',
  '__proto__',
  '\u00e9',
  'e\u0301',
  "' OR tenant_id <> '",
];

const NO_TENANTS: readonly unknown[] = ['', 'with\0nul', 'new\nline', 'half \ud83e crab', 't'.repeat(201), null, 7];

export const PLACE_PROMISES = promises([
  {
    name: 'given a store that wrote, when another one is opened at its place, then it finds everything',
    holds: async (store, open) => {
      const run = runRecord('mirrored');
      const [first, second] = twoSteps(run);
      await store.append('appended', numbered('a', 3));
      await store.writeStep(first);
      const other = await open();
      await other.writeStep(second);
      for (const reader of [store, other, await open()]) {
        assert.equal(reader.tenant, DEFAULT_TENANT);
        assert.deepEqual(
          (await reader.scan('appended', 1)).map(({ event }) => event),
          numbered('a', 3),
        );
        assert.deepEqual(await reader.scanLog('mirrored', 1), [...first.entries, ...second.entries]);
        assert.deepEqual(await reader.loadRun('mirrored'), { ...run, head: 5, position: { event: 20 } });
        assert.deepEqual(await reader.loadLatest('mirrored', 4), { runId: 'mirrored', atSeq: 3, state: { n: 3 } });
      }
    },
  },
  {
    name: 'given what a tenant wrote, when another tenant asks for it by its ids, then there is nothing',
    holds: async (_, open) => {
      const [mine, others] = [await open('mine'), await open("other's")];
      await others.append('appended', numbered('a', 3));
      await others.writeStep(twoSteps(runRecord('mirrored'))[0]);
      await others.save({ runId: 'appended', atSeq: 2, state: 2 });
      assert.equal(mine.tenant, 'mine');
      for (const runId of ['appended', 'mirrored']) {
        assert.equal(await mine.head(runId), 0);
        assert.deepEqual(await mine.scan(runId, 1), []);
        assert.deepEqual(await mine.scanLog(runId, 1), []);
        assert.equal(await mine.loadLatest(runId), null);
        assert.equal(await mine.loadRun(runId), null);
      }
    },
  },
  {
    name: 'given the run of a tenant, when another tenant uses its id, then both have a run of their own',
    holds: async (_, open) => {
      const [mine, others] = [await open('mine'), await open('others')];
      const [first, second] = twoSteps(runRecord('mirrored'));
      const [otherFirst] = twoSteps(runRecord('mirrored', { n: 7 }));
      await others.append('appended', numbered('theirs', 3), 0);
      await others.writeStep(otherFirst);
      const before = await everythingOf(others);

      assert.equal(await mine.append('appended', numbered('mine', 1), 0), 1);
      await mine.writeStep(first);
      await mine.writeStep(second);
      await mine.save({ runId: 'mirrored', atSeq: 3, state: 'mine' });
      assert.equal(await mine.prune('mirrored', 99), 1);

      assert.deepEqual(await everythingOf(others), before);
      assert.deepEqual(await mine.scanLog('mirrored', 1), [...first.entries, ...second.entries]);
      assert.deepEqual(
        (await mine.scan('appended', 1)).map(({ event }) => event),
        numbered('mine', 1),
      );
    },
  },
  {
    name: 'given tenants that look alike, then each has what it wrote',
    holds: async (_, open) => {
      const stores: LogStore[] = [];
      for (const tenant of ALIKE) stores.push(await open(tenant));
      for (const [index, store] of stores.entries()) await store.append('r', numbered(`of ${index}`, index + 1), 0);
      for (const [index, store] of stores.entries()) {
        assert.deepEqual(
          (await store.scan('r', 1)).map(({ event }) => event),
          numbered(`of ${index}`, index + 1),
        );
      }
    },
  },
  {
    name: 'given a text that can name no tenant, when a store is opened for it, then it is refused',
    holds: async (_, open) => {
      for (const tenant of NO_TENANTS) {
        const opening = open(tenant as TenantId).then((store) => store.append('r', [COMPLETED]));
        await rejects('InvalidTenant', opening);
      }
    },
  },
  {
    name: 'when a store is closed twice, then nothing happens',
    holds: async (store) => {
      await store.close();
      await store.close();
    },
  },
]);

async function everythingOf(store: LogStore): Promise<unknown> {
  return {
    appended: await store.scan('appended', 1),
    run: await store.loadRun('mirrored'),
    log: await store.scanLog('mirrored', 1),
    snapshot: await store.loadLatest('mirrored'),
    earlier: await store.loadLatest('mirrored', 2),
  };
}
