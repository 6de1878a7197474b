import { KernelError } from '../../src/kernel/error';
import { newInterrupt, type Interrupt, type InterruptSource } from '../../src/kernel/interrupt';
import {
  interruptRejected,
  interruptTimeout,
  resolveStored,
  UnifiedInterruptResolver,
  type InterruptHandler,
} from '../../src/kernel/interrupt-resolver';
import { InMemoryInterruptStore } from '../../src/kernel/interrupt-store';
import { Kernel } from '../../src/kernel/kernel';
import { interrupt } from '../../src/kernel/step';
import { MemoryStore } from '../../src/stores/memory-store';
import { kernelError } from './kernel-error-matcher';
import { RUN } from './machine-specification';
import { scriptProgram, START } from './script-program';
import { ScriptedExecutor } from './scripted-executor';

const SOURCES: readonly InterruptSource[] = [
  { type: 'Ui' },
  { type: 'Agent' },
  { type: 'PolicyEngine' },
  { type: 'Api' },
  { type: 'Custom', name: 'ops' },
  // Named like one of the others, and another one all the same.
  { type: 'Custom', name: 'Api' },
];

function from(source: InterruptSource): Interrupt {
  return newInterrupt({ id: 'i1', threadId: 'run-1', kind: { type: 'HumanInTheLoop' }, createdAtMs: 0, source });
}

function answering(handler: InterruptHandler, source: InterruptSource = { type: 'Ui' }): UnifiedInterruptResolver {
  return new UnifiedInterruptResolver().withHandler(source, handler);
}

const nameOf = (source: InterruptSource): string => JSON.stringify(source);

describe("the specification's own test", () => {
  test('resolver_routes_by_source', async () => {
    const resolver = SOURCES.reduce(
      (before, source) => before.withHandler(source, () => nameOf(source)),
      new UnifiedInterruptResolver(),
    );
    for (const source of SOURCES) expect(await resolver.resolve(from(source))).toBe(nameOf(source));
  });
});

test('given a source without a handler, then it is an error, and never the API’s affair', async () => {
  const resolver = answering(() => 'from the API', { type: 'Api' });
  await expect(resolver.resolve(from({ type: 'PolicyEngine' }))).rejects.toThrow(kernelError('NoInterruptHandler'));
  await expect(resolver.resolve(from({ type: 'PolicyEngine' }))).rejects.toThrow('source policy_engine');
  await expect(resolver.resolve(from({ type: 'Custom', name: 'Api' }))).rejects.toThrow('source Api');
});

test('given a second handler of a source, then it answers, and the resolver before it is as it was', async () => {
  const first = answering(() => 1);
  const second = first.withHandler({ type: 'Ui' }, () => 2);
  expect(await first.resolve(from({ type: 'Ui' }))).toBe(1);
  expect(await second.resolve(from({ type: 'Ui' }))).toBe(2);
});

test('given a handler that takes its time, then its answer is waited for', async () => {
  const resolver = answering(async ({ id }) => await Promise.resolve({ answered: id }));
  expect(await resolver.resolve(from({ type: 'Ui' }))).toEqual({ answered: 'i1' });
});

test.each([
  ['rejects', interruptRejected('i1', 'not on a Friday'), 'InterruptRejected'],
  ['gives up', interruptTimeout('i1'), 'InterruptTimeout'],
  ['fails', new Error('smtp'), 'InterruptUnresolved'],
] as const)('given a handler that %s, then the error says so', async (_, thrown, code) => {
  const now = answering(() => {
    throw thrown;
  });
  await expect(now.resolve(from({ type: 'Ui' }))).rejects.toThrow(kernelError(code));
  const later = answering(() => Promise.reject(thrown));
  await expect(later.resolve(from({ type: 'Ui' }))).rejects.toThrow(kernelError(code));
});

test('given a handler that fails, then its error is the cause', async () => {
  const cause = new Error('smtp');
  const failed = answering(() => Promise.reject(cause)).resolve(from({ type: 'Ui' }));
  await expect(failed).rejects.toMatchObject({ cause });
});

test('given an answer that is no JSON, then it is refused', async () => {
  await expect(answering(() => undefined).resolve(from({ type: 'Ui' }))).rejects.toThrow(kernelError('InvalidAnswer'));
});

describe('an interrupt that a store keeps', () => {
  test('given an id, then the interrupt is resolved, and stays until its answer is in the log', async () => {
    const store = new InMemoryInterruptStore();
    await store.save(from({ type: 'Ui' }));
    expect(
      await resolveStored(
        store,
        answering(() => 'yes'),
        'i1',
      ),
    ).toBe('yes');
    expect(await store.load('i1')).not.toBeNull();
  });

  test('given an id that nobody knows, then it is not found', async () => {
    const resolved = resolveStored(
      new InMemoryInterruptStore(),
      answering(() => 'yes'),
      'i1',
    );
    await expect(resolved).rejects.toThrow(kernelError('InterruptNotFound'));
    await expect(resolved).rejects.toBeInstanceOf(KernelError);
  });

  test('given a run that asks, when its interrupt is resolved and delivered, then the run completes', async () => {
    const kernel = new Kernel({
      program: scriptProgram([interrupt('ok?')]),
      events: new MemoryStore(),
      executor: new ScriptedExecutor(),
    });
    const status = await kernel.runUntilBlocked(RUN, START);
    const pending = status.status === 'blocked' ? status.blocked.interrupt : null;
    const interrupts = new InMemoryInterruptStore();
    const { id } = pending!;
    await interrupts.save({ ...from({ type: 'Agent' }), id, threadId: RUN });
    const value = await resolveStored(
      interrupts,
      answering(() => 'yes', { type: 'Agent' }),
      id,
    );
    expect(await kernel.resume(RUN, START, { type: 'resume', value, interruptId: id })).toEqual({
      status: 'completed',
    });
    await interrupts.delete(id);
    expect(await interrupts.loadForRun(RUN)).toEqual([]);
  });
});
