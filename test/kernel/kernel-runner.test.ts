import { Kernel } from '../../src/kernel/kernel';
import { KernelRunner } from '../../src/kernel/kernel-runner';
import type { RunStatus } from '../../src/kernel/run-status';
import { callTool, interrupt } from '../../src/kernel/step';
import { noopActionExecutor, noopStep } from '../../src/kernel/stubs';
import { MemoryStore } from '../../src/stores/memory-store';
import { kernelError } from './kernel-error-matcher';
import { scriptProgram, START } from './script-program';
import { ScriptedExecutor, succeeds } from './scripted-executor';

const COMPLETED: RunStatus = { status: 'completed' };

function completing(): KernelRunner {
  const program = { ...scriptProgram([]), step: noopStep };
  return new KernelRunner(new Kernel({ program, events: new MemoryStore(), executor: noopActionExecutor }));
}

/** A kernel whose calls end when they are told to, and that notes their order. */
class HeldKernel {
  readonly seen: string[] = [];
  readonly #waiting = new Map<string, (status: RunStatus | Error) => void>();

  runUntilBlocked(runId: string, initialState: unknown): Promise<RunStatus> {
    return this.#hold(runId, `run ${runId} ${String(initialState)}`);
  }

  resume(runId: string, initialState: unknown): Promise<RunStatus> {
    return this.#hold(runId, `resume ${runId} ${String(initialState)}`);
  }

  /** Ends the call that is under way for a run. */
  async end(runId: string, how: RunStatus | Error = COMPLETED): Promise<void> {
    this.#waiting.get(runId)?.(how);
    this.#waiting.delete(runId);
    await settle();
  }

  #hold(runId: string, what: string): Promise<RunStatus> {
    // A second call for a run would take the place of the first, which then never ends.
    this.seen.push(this.#waiting.has(runId) ? `${what}, at the same time` : what);
    return new Promise((resolve, reject) => {
      this.#waiting.set(runId, (how) => {
        if (how instanceof Error) reject(how);
        else resolve(how);
      });
    });
  }
}

/** Lets everything happen that waits for nothing. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

const ANSWER = { type: 'resume', value: 'yes' } as const;

describe("the specification's own tests", () => {
  test('run_until_blocked_async_completes_no_deadlock', async () => {
    expect(await completing().runUntilBlocked('run', START)).toEqual(COMPLETED);
  });

  test('run_until_blocked_async_twice_no_hang', async () => {
    const runner = completing();
    expect(await runner.runUntilBlocked('run-1', START)).toEqual(COMPLETED);
    expect(await runner.runUntilBlocked('run-2', START)).toEqual(COMPLETED);
  });

  test('run_until_blocked_async_completes_within_timeout', async () => {
    // The time is the test's own.
    expect(await completing().runUntilBlocked('run', START)).toEqual(COMPLETED);
  }, 5_000);
});

test('given calls for one run, then they take place one after the other, in the order in which they came', async () => {
  const kernel = new HeldKernel();
  const runner = new KernelRunner(kernel);
  const calls = [runner.runUntilBlocked('run', 1), runner.resume('run', 2, ANSWER), runner.runUntilBlocked('run', 3)];
  await settle();
  expect(kernel.seen).toEqual(['run run 1']);
  await kernel.end('run');
  expect(kernel.seen).toEqual(['run run 1', 'resume run 2']);
  await kernel.end('run');
  expect(kernel.seen).toEqual(['run run 1', 'resume run 2', 'run run 3']);
  await kernel.end('run');
  expect(await Promise.all(calls)).toEqual([COMPLETED, COMPLETED, COMPLETED]);
});

test('given a call that comes when the first has ended and the second is under way, then it waits for the second', async () => {
  const kernel = new HeldKernel();
  const runner = new KernelRunner(kernel);
  const calls = [runner.runUntilBlocked('run', 1), runner.runUntilBlocked('run', 2)];
  await settle();
  await kernel.end('run');
  calls.push(runner.runUntilBlocked('run', 3));
  await settle();
  expect(kernel.seen).toEqual(['run run 1', 'run run 2']);
  await kernel.end('run');
  await kernel.end('run');
  expect(await Promise.all(calls)).toEqual([COMPLETED, COMPLETED, COMPLETED]);
});

test('given calls for different runs, then they go side by side', async () => {
  const kernel = new HeldKernel();
  const runner = new KernelRunner(kernel);
  const first = runner.runUntilBlocked('run-1', 1);
  const second = runner.runUntilBlocked('run-2', 2);
  await settle();
  expect(kernel.seen).toEqual(['run run-1 1', 'run run-2 2']);
  await kernel.end('run-2');
  expect(await second).toEqual(COMPLETED);
  await kernel.end('run-1');
  expect(await first).toEqual(COMPLETED);
});

test('given a call that fails, then its caller is told, and the next has its turn', async () => {
  const kernel = new HeldKernel();
  const runner = new KernelRunner(kernel);
  const failing = runner.runUntilBlocked('run', 1);
  const next = runner.runUntilBlocked('run', 2);
  const told = expect(failing).rejects.toThrow('disk');
  await settle();
  await kernel.end('run', new Error('disk'));
  await told;
  await kernel.end('run');
  expect(await next).toEqual(COMPLETED);
  expect(runner.calls).toBe(0);
});

test('given as many calls as may be in hand, then one more is refused at once, and taken when one has ended', async () => {
  const kernel = new HeldKernel();
  const runner = new KernelRunner(kernel, { callsMax: 2 });
  const calls = [runner.runUntilBlocked('run-1', 1), runner.runUntilBlocked('run-1', 2)];
  expect(runner.calls).toBe(2);
  await expect(runner.runUntilBlocked('run-2', 3)).rejects.toThrow(kernelError('RunnerBusy'));
  await settle();
  await kernel.end('run-1');
  const third = runner.runUntilBlocked('run-2', 3);
  await settle();
  expect(kernel.seen).toEqual(['run run-1 1', 'run run-1 2', 'run run-2 3']);
  await kernel.end('run-1');
  await kernel.end('run-2');
  expect(await Promise.all([...calls, third])).toEqual([COMPLETED, COMPLETED, COMPLETED]);
  expect(runner.calls).toBe(0);
});

describe('a run whose process died inside an action', () => {
  /** Two callers look at the run at the same time; gives how often the action was done. */
  async function effects(through: (kernel: Kernel) => Pick<Kernel, 'runUntilBlocked'>): Promise<number> {
    const store = new MemoryStore();
    const program = scriptProgram([callTool('echo', 1), interrupt('ok?')]);
    const dying = new Kernel({ program, events: store, executor: { execute: () => new Promise(() => undefined) } });
    void dying.runUntilBlocked('run', START);
    await settle();
    expect(await store.head('run')).toBe(1);

    const executor = new ScriptedExecutor([succeeds(1), succeeds(1)]);
    const runner = through(new Kernel({ program, events: store, executor }));
    await Promise.allSettled([runner.runUntilBlocked('run', START), runner.runUntilBlocked('run', START)]);
    return executor.calls.length;
  }

  test('given two callers and a kernel alone, then the action is done twice', async () => {
    expect(await effects((kernel) => kernel)).toBe(2);
  });

  test('given two callers and a runner, then it is done once', async () => {
    expect(await effects((kernel) => new KernelRunner(kernel))).toBe(1);
  });
});

test('given two answers that arrive together, then the first is taken, and the second meets a run that has read it', async () => {
  const store = new MemoryStore();
  const program = scriptProgram([interrupt('one?'), interrupt('two?')]);
  const runner = new KernelRunner(new Kernel({ program, events: store, executor: new ScriptedExecutor() }));
  await runner.runUntilBlocked('run', START);
  const answer = { ...ANSWER, interruptId: 'run-1' };
  const both = await Promise.allSettled([runner.resume('run', START, answer), runner.resume('run', START, answer)]);
  expect(both[0]).toMatchObject({ status: 'fulfilled', value: { status: 'blocked' } });
  expect(both[1]).toMatchObject({ status: 'rejected', reason: { code: 'InterruptNotPending' } });
});
