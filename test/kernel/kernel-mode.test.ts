/** Kernel modes: what records, what replays, and that a replay never acts. */
import { hashOf, type Hash } from '../../src/kernel/hash';
import type { RunId } from '../../src/kernel/identity';
import { Kernel, type KernelParts, type StreamHashes } from '../../src/kernel/kernel';
import { DeterminismGuard, trapsNondeterminism, type KernelMode } from '../../src/kernel/kernel-mode';
import { allowList } from '../../src/kernel/policy';
import { callTool, interrupt, update, type Next } from '../../src/kernel/step';
import { MemoryStore } from '../../src/stores/memory-store';
import { kernelError } from './kernel-error-matcher';
import { event, RUN } from './machine-specification';
import { scriptProgram, START } from './script-program';
import { ScriptedExecutor, succeeds } from './scripted-executor';

const MODES: readonly KernelMode[] = ['Normal', 'Record', 'Replay', 'Verify'];
const SCRIPT = [update(1, 'a'), callTool('echo', 'x'), interrupt('sure?'), callTool('echo', 'y')];

class KeptHashes implements StreamHashes {
  readonly byRun = new Map<RunId, Hash>();

  keep(runId: RunId, hash: Hash): Promise<void> {
    this.byRun.set(runId, hash);
    return Promise.resolve();
  }

  kept(runId: RunId): Promise<Hash | null> {
    return Promise.resolve(this.byRun.get(runId) ?? null);
  }
}

/** A run that was recorded up to its question, and what it was recorded with. */
async function recorded(): Promise<{ store: MemoryStore; streamHashes: KeptHashes }> {
  const [store, streamHashes] = [new MemoryStore(), new KeptHashes()];
  await kernelOf('Record', store, SCRIPT, { streamHashes }).kernel.runUntilBlocked(RUN, START);
  return { store, streamHashes };
}

function kernelOf(
  mode: KernelMode,
  store: MemoryStore,
  script: readonly Next[] = SCRIPT,
  parts: Partial<KernelParts> = {},
): { kernel: Kernel; executor: ScriptedExecutor } {
  const executor = new ScriptedExecutor([succeeds('done'), succeeds('done')]);
  return { kernel: new Kernel({ program: scriptProgram(script), events: store, executor, mode, ...parts }), executor };
}

describe("the specification's own tests", () => {
  test.each([
    ['normal_does_not_trap', 'Normal', false],
    ['record_does_not_trap', 'Record', false],
    ['replay_traps', 'Replay', true],
    ['verify_traps', 'Verify', true],
  ] as const)('%s', (_, mode, traps) => {
    expect(trapsNondeterminism(mode)).toBe(traps);
  });

  test('guard_normal_allows_clock', () => {
    expect(() => {
      new DeterminismGuard('Normal').checkClockAccess();
    }).not.toThrow();
  });

  test('guard_replay_traps_clock', () => {
    expect(() => {
      new DeterminismGuard('Replay').checkClockAccess();
    }).toThrow(/clock access .* Replay/);
  });

  test('guard_verify_traps_spawn', () => {
    expect(() => {
      new DeterminismGuard('Verify').checkSpawnAccess();
    }).toThrow(/spawn.* Verify/);
  });

  test('guard_replay_traps_randomness', () => {
    expect(() => {
      new DeterminismGuard('Replay').checkRandomAccess();
    }).toThrow(kernelError('DeterminismViolation'));
  });
});

test.each(MODES)('given a kernel in %s mode, then its guard is of that mode', (mode) => {
  const { kernel } = kernelOf(mode, new MemoryStore());
  expect(kernel.determinismGuard().mode).toBe(mode);
});

test.each(MODES)(
  'given a reducer that reads the clock, when a kernel in %s mode runs it, then it fails',
  async (mode) => {
    const program = scriptProgram([], { reduce: (state) => ({ ...state, at: Date.now() }) });
    const store = new MemoryStore();
    await store.append(RUN, [event.updated(1)]);
    const { kernel } = kernelOf(mode, store, [], { program });
    await expect(kernel.runUntilBlocked(RUN, START)).rejects.toThrow('Date.now()');
  },
);

describe.each(['Replay', 'Verify'] as const)('in %s mode', (mode) => {
  test('given a recorded run, then its status is that of the log', async () => {
    const { store, streamHashes } = await recorded();
    const { kernel } = kernelOf(mode, store, SCRIPT, { streamHashes });
    expect(await kernel.runUntilBlocked(RUN, START)).toMatchObject({ status: 'blocked' });
  });

  test.each([0, 1, 2, 3])('given the first %i events, then nothing is executed or appended', async (count) => {
    const whole = await (await recorded()).store.scan(RUN, 1);
    const store = new MemoryStore();
    await store.append(
      RUN,
      whole.slice(0, count).map(({ event: one }) => one),
    );
    const { kernel, executor } = kernelOf(mode, store);
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual({ status: 'running' });
    expect(executor.calls).toEqual([]);
    expect(await store.head(RUN)).toBe(count);
  });

  test('given an answer, then it is refused, and nothing is appended', async () => {
    const { store } = await recorded();
    const { kernel } = kernelOf(mode, store);
    const head = await store.head(RUN);
    await expect(kernel.resume(RUN, START, { type: 'resume', value: 1 })).rejects.toThrow(kernelError('ReadOnlyMode'));
    expect(await store.head(RUN)).toBe(head);
  });
});

describe('in Verify mode', () => {
  const verify = async (script: readonly Next[], parts: Partial<KernelParts> = {}): Promise<unknown> => {
    const { store } = await recorded();
    return await kernelOf('Verify', store, script, parts)
      .kernel.runUntilBlocked(RUN, START)
      .then(
        ({ status }) => status,
        (error: unknown) => error,
      );
  };

  test('given the same program, then the run is as it was', async () => {
    expect(await verify(SCRIPT)).toBe('blocked');
  });

  test.each<[string, readonly Next[], number]>([
    ['another first step', [update(2, 'a'), ...SCRIPT.slice(1)], 1],
    ['another tool input', [SCRIPT[0]!, callTool('echo', 'z'), ...SCRIPT.slice(2)], 2],
    ['an end where there was a question', SCRIPT.slice(0, 2), 4],
    ['a question where there was a call', [SCRIPT[0]!, interrupt('sure?')], 2],
    ['a batch where there was one event', [{ type: 'Emit', events: [0, 1].map(stateUpdate) }], 2],
  ])('given a program with %s, then the first event that would be another is named', async (_, script, seq) => {
    expect(await verify(script)).toMatchObject({ code: 'ReplayMismatch', seq });
  });

  test('given a policy that denies now what it allowed, then the event of the call is named', async () => {
    const program = scriptProgram(SCRIPT, { policy: allowList({}) });
    expect(await verify(SCRIPT, { program })).toMatchObject({ code: 'ReplayMismatch', seq: 2 });
  });

  test('given a program whose step fails now, then the error says so', async () => {
    const program = scriptProgram(SCRIPT, {
      step: () => {
        throw new Error('no longer');
      },
    });
    expect(await verify(SCRIPT, { program })).toMatchObject({
      code: 'ReplayMismatch',
      seq: 1,
      message: expect.stringContaining('no longer'),
    });
  });

  test('given a tool whose outputs must be numbers now, then the event of the text is named', async () => {
    const one = scriptProgram(SCRIPT);
    const program = scriptProgram(SCRIPT, { tools: { ...one.tools, echo: one.tools['count']! } });
    expect(await verify(SCRIPT, { program })).toMatchObject({ code: 'ReplayMismatch', seq: 3 });
  });

  test('given a result of another action in the log, then it is named', async () => {
    const store = new MemoryStore();
    await store.append(RUN, [event.updated(1, 'a'), { type: 'ActionSucceeded', actionId: 'stranger', output: 1 }]);
    const { kernel } = kernelOf('Verify', store);
    await expect(kernel.runUntilBlocked(RUN, START)).rejects.toMatchObject({ code: 'ReplayMismatch', seq: 2 });
  });

  test('given events behind the end, then the first of them is named', async () => {
    const store = new MemoryStore();
    await store.append(RUN, [event.completed, event.completed]);
    const { kernel } = kernelOf('Verify', store, []);
    await expect(kernel.runUntilBlocked(RUN, START)).rejects.toMatchObject({ code: 'ReplayMismatch', seq: 2 });
  });

  test('given a log that went on since it was recorded, then its hash says so', async () => {
    const { store, streamHashes } = await recorded();
    await kernelOf('Normal', store).kernel.resume(RUN, START, { type: 'resume', value: 'yes' });
    const { kernel } = kernelOf('Verify', store, SCRIPT, { streamHashes });
    await expect(kernel.runUntilBlocked(RUN, START)).rejects.toThrow(kernelError('ReplayMismatch'));
  });
});

describe('in Record mode', () => {
  test('given a run, then the hash of its events is kept, each time that it stops', async () => {
    const { store, streamHashes } = await recorded();
    const atQuestion = streamHashes.byRun.get(RUN);
    await kernelOf('Record', store, SCRIPT, { streamHashes }).kernel.resume(RUN, START, {
      type: 'resume',
      value: 'yes',
    });
    expect(atQuestion).toHaveLength(hashOf(null).length);
    expect(streamHashes.byRun.get(RUN)).not.toBe(atQuestion);
    const { kernel } = kernelOf('Verify', store, SCRIPT, { streamHashes });
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual({ status: 'completed' });
  });
});

function stateUpdate(value: number): { type: 'StateUpdated'; stepId: string; payload: number } {
  return { type: 'StateUpdated', stepId: value === 0 ? 'a' : 'b', payload: 1 };
}
