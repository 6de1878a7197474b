/** Programs may walk the keys of what they are given: every store, and every replay, gives them in the same order. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { complete, defineProgram, interrupt, Kernel, update, type LogStore } from '../../src/kernel';
import { MemoryStore, SqliteStore } from '../../src/stores';

const walker = defineProgram({
  name: 'walker',
  state: z.object({ map: z.record(z.string(), z.number()), walks: z.array(z.string()).default([]) }),
  step: ({ map, walks }) => {
    if (walks.length === 0) return interrupt('walk?');
    return walks.length < 3 ? update({ ...map, [`m${walks.length}`]: 1 }) : complete();
  },
  reduce: (state, event) => {
    if (event.type !== 'Resumed' && event.type !== 'StateUpdated') return state;
    const map = event.type === 'StateUpdated' ? (event.payload as Record<string, number>) : state.map;
    return { walks: [...state.walks, Object.keys(map).join()], map };
  },
});

const initialState = { map: { zebra: 1, apple: 2, 10: 3, 9: 4 } };

async function walk(store: LogStore): Promise<unknown> {
  const kernel = new Kernel({
    program: walker,
    events: store,
    snapshots: store,
    executor: { execute: () => Promise.reject(new Error('it has no tools')) },
  });
  await kernel.runUntilBlocked('walk', initialState);
  await kernel.resume('walk', initialState, { type: 'resume', value: 'yes' });
  expect(await kernel.replay('walk', initialState)).toEqual(await kernel.replayFromSnapshot('walk', initialState));
  return await kernel.replay('walk', initialState);
}

test('given a program that walks keys, when it runs on memory and on SQLite, then it walks the same way', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-order-'));
  const sqlite = SqliteStore.open(join(directory, 'order.db'));

  const walked = await walk(new MemoryStore());

  expect(await walk(sqlite)).toEqual(walked);
  expect(walked).toMatchObject({ walks: ['9,10,apple,zebra', '9,10,apple,m1,zebra', '9,10,apple,m1,m2,zebra'] });
  await sqlite.close();
  await rm(directory, { recursive: true });
});
