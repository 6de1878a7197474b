import { logStoreContract } from '../../src/testing';
import { MemoryStore } from '../../src/stores/memory-store';
import { stateUpdated } from '../../src/testing/log-steps';

describe('MemoryStore keeps the contract of log stores', () => {
  const contract = logStoreContract(() => {
    const memory = new MemoryStore();
    return { open: (tenant) => memory.forTenant(tenant) };
  });
  for (const { name, run } of contract) test(name, run);
});

test('given 20,000 actions, when each is appended alone, then every one is there', async () => {
  const store = new MemoryStore();
  for (let seq = 1; seq <= 40_000; seq += 1) {
    await store.append('r', [stateUpdated(seq)], seq - 1);
  }
  expect(await store.scan('r', 40_000)).toEqual([{ seq: 40_000, event: stateUpdated(40_000) }]);
});

test('given a closed store, when it is read, then all is still there: nothing was open', async () => {
  const store = new MemoryStore();
  await store.append('r', [{ type: 'Completed' }]);
  await store.close();
  expect(await store.head('r')).toBe(1);
});
