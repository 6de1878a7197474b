import { newInterrupt, type Interrupt, type InterruptKind } from '../../src/kernel/interrupt';
import { InMemoryInterruptStore } from '../../src/kernel/interrupt-store';
import { kernelError } from './kernel-error-matcher';

function interrupt(id: string, threadId: string, changes: Partial<Interrupt> = {}): Interrupt {
  const kind: InterruptKind = { type: 'HumanInTheLoop' };
  return newInterrupt({ id, threadId, kind, createdAtMs: 1_000, ...changes });
}

async function storeOf(...interrupts: readonly Interrupt[]): Promise<InMemoryInterruptStore> {
  const store = new InMemoryInterruptStore();
  for (const one of interrupts) await store.save(one);
  return store;
}

describe("the specification's own tests", () => {
  test('save_and_load_interrupt', async () => {
    const saved = interrupt('intr-1', 'run-1', { payloadSchema: { type: 'string' } });
    expect(await (await storeOf(saved)).load('intr-1')).toEqual(saved);
  });

  test('load_for_run_filters', async () => {
    const store = await storeOf(
      interrupt('i1', 'run-a', { kind: { type: 'ApprovalRequired' } }),
      interrupt('i2', 'run-b'),
      interrupt('i3', 'run-a', { kind: { type: 'ToolCallWaiting' } }),
    );
    expect((await store.loadForRun('run-a')).map(({ id }) => id)).toEqual(['i1', 'i3']);
  });

  test('delete_removes_interrupt', async () => {
    const store = await storeOf(interrupt('i1', 'run-1', { kind: { type: 'Custom', name: 'test' } }));
    await store.delete('i1');
    expect(await store.load('i1')).toBeNull();
    expect(await store.loadForRun('run-1')).toEqual([]);
  });
});

test('given nothing, then nothing is found, and deleting does no harm', async () => {
  const store = await storeOf();
  expect(await store.load('__proto__')).toBeNull();
  expect(await store.loadForRun('constructor')).toEqual([]);
  await expect(store.delete('i1')).resolves.toBeUndefined();
});

test('given interrupts in any order, then a run’s come the oldest first, and by id where they are of one moment', async () => {
  const store = await storeOf(
    interrupt('b', 'run', { createdAtMs: 2 }),
    interrupt('c', 'run', { createdAtMs: 1 }),
    interrupt('a', 'run', { createdAtMs: 2 }),
    interrupt('run-10', 'run', { createdAtMs: 0 }),
  );
  expect((await store.loadForRun('run')).map(({ id }) => id)).toEqual(['run-10', 'c', 'a', 'b']);
});

test('given an id that is saved again, then the run has the later one, once', async () => {
  const later = interrupt('i', 'run', { createdAtMs: 9 });
  const store = await storeOf(interrupt('i', 'run'), later);
  expect(await store.loadForRun('run')).toEqual([later]);
});

test('given an id of another run’s interrupt, then it is refused, and the other run’s stays', async () => {
  const first = interrupt('i', 'run-a');
  const store = await storeOf(first);
  await expect(store.save(interrupt('i', 'run-b'))).rejects.toThrow(kernelError('InvalidInterrupt'));
  expect(await store.load('i')).toEqual(first);
  expect(await store.loadForRun('run-b')).toEqual([]);
});

test('given what is no interrupt, then it is refused', async () => {
  const broken = { ...interrupt('i', 'run'), createdAtMs: Number.NaN };
  await expect((await storeOf()).save(broken)).rejects.toThrow(kernelError('InvalidInterrupt'));
});

test('given a full store, then one more is refused, a known one is replaced, and there is room again after a delete', async () => {
  const store = new InMemoryInterruptStore({ interruptsMax: 2 });
  await store.save(interrupt('a', 'run'));
  await store.save(interrupt('b', 'run'));
  await expect(store.save(interrupt('c', 'run'))).rejects.toThrow(kernelError('InterruptStore'));
  await store.save(interrupt('a', 'run', { createdAtMs: 5 }));
  await store.delete('b');
  await store.save(interrupt('c', 'run'));
  expect((await store.loadForRun('run')).map(({ id }) => id)).toEqual(['a', 'c']);
});

test('given an object that is changed after it was saved, then the store has what was saved', async () => {
  const mine = { ...interrupt('i', 'run') };
  const store = await storeOf(mine);
  mine.createdAtMs = 7;
  expect((await store.load('i'))?.createdAtMs).toBe(1_000);
});
