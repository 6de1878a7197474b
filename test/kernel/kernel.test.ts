import { permanent, rateLimited, transient } from '../../src/kernel/action';
import type { Event } from '../../src/kernel/event';
import { scanExecutionLogWithStateHashes } from '../../src/kernel/execution-log';
import { hashOf } from '../../src/kernel/hash';
import type { Json } from '../../src/kernel/json';
import { Kernel, type KernelParts } from '../../src/kernel/kernel';
import { allowAll, allowList, retryWithBackoff } from '../../src/kernel/policy';
import { stateUpdatedOnlyReducer } from '../../src/kernel/reducer';
import { callTool, complete, interrupt, update, waitSignal, type Next } from '../../src/kernel/step';
import { timelineText } from '../../src/kernel/timeline';
import { MemoryStore } from '../../src/stores/memory-store';
import { kernelError } from './kernel-error-matcher';
import { event, RUN } from './machine-specification';
import { scriptProgram, START, type ScriptState } from './script-program';
import { fails, ScriptedExecutor, succeeds, throws, type Answer } from './scripted-executor';

type Script = ReturnType<typeof scriptProgram>;

/** The state of the specification's tests: a number, which StateUpdated replaces. */
function numberProgram(script: readonly Next[], reduced: () => void = () => undefined): Script {
  let calls = 0;
  return {
    ...scriptProgram([]),
    initialState: (value) => value as Json,
    step: () => script[calls++] ?? complete(),
    reduce: (state, one) => {
      reduced();
      return stateUpdatedOnlyReducer(state, one);
    },
  };
}

interface Setup {
  readonly store: MemoryStore;
  readonly executor: ScriptedExecutor;
  readonly pauses: number[];
  readonly kernel: Kernel;
}

function setUp(program: Script, answers: readonly Answer[] = [], parts: Partial<KernelParts> = {}): Setup {
  const store = (parts.events as MemoryStore | undefined) ?? new MemoryStore();
  const executor = new ScriptedExecutor(answers);
  const pauses: number[] = [];
  const pause = (ms: number): Promise<void> => {
    pauses.push(ms);
    return Promise.resolve();
  };
  return { store, executor, pauses, kernel: new Kernel({ program, events: store, executor, pause, ...parts }) };
}

async function eventsOf(store: MemoryStore, runId = RUN): Promise<Event[]> {
  return (await store.scan(runId, 1)).map((sequenced) => sequenced.event);
}

async function kindsOf(store: MemoryStore, runId = RUN): Promise<string> {
  return (await eventsOf(store, runId)).map(({ type }) => type).join(' ');
}

const TOOL = callTool('echo', null);
const RETRY = retryWithBackoff(allowAll(), { maxRetries: 3, backoffBaseMs: 0 });

describe("the specification's own tests", () => {
  test('run_until_blocked_complete', async () => {
    const { kernel } = setUp(numberProgram([]));
    expect(await kernel.runUntilBlocked(RUN, 0)).toEqual({ status: 'completed' });
  });

  test('run_until_blocked_persists_latest_snapshot_on_completion', async () => {
    const store = new MemoryStore();
    const { kernel } = setUp(numberProgram([update(1, 'node1')]), [], { events: store, snapshots: store });
    expect(await kernel.runUntilBlocked(RUN, 0)).toEqual({ status: 'completed' });
    // StateUpdated and Completed both make a snapshot.
    expect(await store.loadLatest(RUN)).toEqual({ runId: RUN, atSeq: 2, state: 1 });
  });

  test('kernel_replay_mode_determinism_guard_traps_clock', async () => {
    const program = scriptProgram([], { reduce: (state) => ({ ...state, at: Date.now() }) });
    const { kernel, store } = setUp(program);
    await store.append(RUN, [event.updated(1)]);
    await expect(kernel.replay(RUN, START)).rejects.toThrow(kernelError('DeterminismViolation'));
    await expect(kernel.runUntilBlocked(RUN, START)).rejects.toThrow('reduce called Date.now()');
  });

  test('effect_sink_captures_state_write_and_complete', async () => {
    const recorded: unknown[] = [];
    const effects = { record: (runId: string, effect: unknown) => recorded.push([runId, effect]) };
    const { kernel } = setUp(numberProgram([update(1, 'node1')]), [], { effects });
    expect(await kernel.runUntilBlocked(RUN, 0)).toEqual({ status: 'completed' });
    expect(recorded).toEqual([[RUN, { type: 'StateWrite', stepId: 'node1', payload: 1 }]]);
  });

  test('run_timeline_after_complete_has_events_and_json', async () => {
    const { kernel } = setUp(numberProgram([]));
    await kernel.runUntilBlocked(RUN, 0);
    const timeline = await kernel.runTimeline(RUN);
    expect(timeline.runId).toBe(RUN);
    expect(timeline.events.map(({ kind }) => kind)).toContain('Completed');
    expect(timelineText(timeline)).toContain('"final_status":{"status":"Completed"}');
  });

  test('run_until_blocked_then_resume', async () => {
    const { kernel, store } = setUp(numberProgram([interrupt('pause')]));
    expect(await kernel.runUntilBlocked(RUN, 0)).toEqual({
      status: 'blocked',
      blocked: { interrupt: { id: `${RUN}-1`, value: 'pause' }, waitSignal: null },
    });
    const another = setUp(numberProgram([]), [], { events: store });
    expect(await another.kernel.resume(RUN, 0, { type: 'resume', value: 1 })).toEqual({ status: 'completed' });
  });

  test('interrupt_saves_snapshot_before_returning_blocked', async () => {
    const store = new MemoryStore();
    const { kernel } = setUp(numberProgram([interrupt('pause')]), [], { events: store, snapshots: store });
    expect((await kernel.runUntilBlocked(RUN, 7)).status).toBe('blocked');
    expect(await store.loadLatest(RUN)).toEqual({ runId: RUN, atSeq: 1, state: 7 });
  });

  test('replay_no_side_effects', async () => {
    const { kernel, store, executor } = setUp(numberProgram([TOOL]));
    await store.append(RUN, [event.updated(42, 'n1'), event.completed]);
    expect(await kernel.replay(RUN, 0)).toBe(42);
    expect(executor.calls).toEqual([]);
    expect(await store.head(RUN)).toBe(2);
  });

  test('replay_state_equivalence', async () => {
    const { kernel, store } = setUp(numberProgram([]));
    await store.append(RUN, [event.updated(10, 'a'), event.updated(20, 'b'), event.completed]);
    expect(await kernel.replay(RUN, 0)).toBe(20);
    expect(await kernel.replay(RUN, 0)).toBe(20);
  });

  test('run_until_blocked_retry_then_success', async () => {
    const answers = [throws(transient('transient')), throws(transient('transient')), succeeds('ok')];
    const { kernel, store } = setUp(scriptProgram([TOOL], { policy: RETRY }), answers);
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual({ status: 'completed' });
    expect(await kindsOf(store)).toBe('ActionRequested ActionSucceeded Completed');
  });

  test('run_until_blocked_failure_recovery', async () => {
    const { kernel, store } = setUp(scriptProgram([TOOL]), [throws(new Error('mock'))]);
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual({
      status: 'failed',
      recoverable: false,
      error: 'Executor: mock',
    });
    expect(await eventsOf(store)).toEqual([event.tool(1, 'echo', null), event.failed(1, 'Executor: mock')]);
  });

  test('replay_from_snapshot_applies_tail_only', async () => {
    const store = new MemoryStore();
    let reduced = 0;
    const { kernel } = setUp(
      numberProgram([], () => (reduced += 1)),
      [],
      { events: store, snapshots: store },
    );
    await store.append(RUN, [event.updated(10), event.updated(20), event.updated(30), event.completed]);
    await store.save({ runId: RUN, atSeq: 2, state: 20 });
    expect(await kernel.replayFromSnapshot(RUN, 0)).toBe(30);
    expect(reduced).toBe(2);
  });

  test('run_loop_replays_only_tail_after_loading_latest_snapshot', async () => {
    const store = new MemoryStore();
    let reduced = 0;
    const { kernel } = setUp(
      numberProgram([], () => (reduced += 1)),
      [],
      { events: store, snapshots: store },
    );
    await store.append(RUN, [event.updated(1), event.updated(2), event.updated(3)]);
    await store.save({ runId: RUN, atSeq: 2, state: 2 });
    expect(await kernel.runUntilBlocked(RUN, 0)).toEqual({ status: 'completed' });
    // The tail event, and the new Completed.
    expect(reduced).toBe(2);
    expect(await store.loadLatest(RUN)).toEqual({ runId: RUN, atSeq: 4, state: 3 });
  });

  test('action_result_failure_returns_failed_and_single_terminal_event', async () => {
    const { kernel, store, executor } = setUp(scriptProgram([TOOL], { policy: RETRY }), [fails('boom')]);
    expect(await kernel.runUntilBlocked(RUN, START)).toMatchObject({ status: 'failed', recoverable: false });
    expect(await eventsOf(store)).toEqual([event.tool(1, 'echo', null), event.failed(1, 'boom')]);
    expect(executor.calls).toHaveLength(1);
  });

  test('retry_then_success_has_single_terminal_success_event', async () => {
    const answers = [throws(transient('transient-1')), throws(transient('transient-2')), succeeds('ok')];
    const { kernel, store, executor } = setUp(scriptProgram([TOOL], { policy: RETRY }), answers);
    await kernel.runUntilBlocked(RUN, START);
    expect(executor.calls).toHaveLength(3);
    expect(new Set(executor.calls.map(({ actionId }) => actionId))).toEqual(new Set([`${RUN}-1`]));
    expect(await kindsOf(store)).toBe('ActionRequested ActionSucceeded Completed');
  });

  test('retry_exhausted_has_single_terminal_failed_event', async () => {
    const policy = retryWithBackoff(allowAll(), { maxRetries: 1, backoffBaseMs: 0 });
    const answers = ['transient-1', 'transient-2', 'transient-3'].map((text) => throws(transient(text)));
    const { kernel, store, executor } = setUp(scriptProgram([TOOL], { policy }), answers);
    expect((await kernel.runUntilBlocked(RUN, START)).status).toBe('failed');
    expect(executor.calls).toHaveLength(2);
    expect(await eventsOf(store)).toEqual([event.tool(1, 'echo', null), event.failed(1, 'Executor: transient-2')]);
  });
});

describe('crashes', () => {
  /** An executor that dies with its process. */
  class Crash extends ScriptedExecutor {
    override execute(...call: Parameters<ScriptedExecutor['execute']>): ReturnType<ScriptedExecutor['execute']> {
      void super.execute(...call).catch(() => undefined);
      return new Promise(() => undefined);
    }
  }

  test('given a crash between request and result, when the run goes on, then the action is done again under the same id', async () => {
    const store = new MemoryStore();
    const crash = new Crash();
    const program = scriptProgram([callTool('echo', 'charge')]);
    void setUp(program, [], { events: store, executor: crash }).kernel.runUntilBlocked(RUN, START);
    await settle();
    expect(await eventsOf(store)).toEqual([event.tool(1, 'echo', 'charge')]);
    const { kernel, executor } = setUp(program, [succeeds('charged')], { events: store });
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual({ status: 'completed' });
    expect([...crash.calls, ...executor.calls].map(({ actionId }) => actionId)).toEqual([`${RUN}-1`, `${RUN}-1`]);
    expect(await eventsOf(store)).toEqual([
      event.tool(1, 'echo', 'charge'),
      event.succeeded(1, 'charged'),
      event.completed,
    ]);
  });

  test('given a crash before a snapshot, when the run goes on, then the log fills in what the snapshot lacks', async () => {
    const store = new MemoryStore();
    const broken = {
      loadLatest: store.loadLatest.bind(store),
      save: () => Promise.reject(new Error('disk full')),
      prune: store.prune.bind(store),
    };
    const program = scriptProgram([update(1), update(2)]);
    await expect(
      setUp(program, [], { events: store, snapshots: broken }).kernel.runUntilBlocked(RUN, START),
    ).rejects.toThrow('disk full');
    expect(await kindsOf(store)).toBe('StateUpdated');
    await setUp(program, [], { events: store, snapshots: store }).kernel.runUntilBlocked(RUN, START);
    expect(await kindsOf(store)).toBe('StateUpdated StateUpdated Completed');
  });

  test('given an append that fails, when the run goes on, then nothing is missing and nothing twice', async () => {
    const store = new MemoryStore();
    const program = scriptProgram([update(1), TOOL, update(2)]);
    for (let failing = 1; failing <= 5; failing += 1) {
      let appends = 0;
      const events = Object.assign(Object.create(store) as MemoryStore, {
        append: async (...call: Parameters<MemoryStore['append']>) => {
          appends += 1;
          if (appends === 1 + (failing % 2)) throw new Error('store is away');
          return await store.append(...call);
        },
        scan: store.scan.bind(store),
      });
      await setUp(program, [succeeds('x')], { events })
        .kernel.runUntilBlocked(RUN, START)
        .catch(() => undefined);
    }
    await setUp(program, [succeeds('x')], { events: store }).kernel.runUntilBlocked(RUN, START);
    expect(await kindsOf(store)).toBe('StateUpdated ActionRequested ActionSucceeded StateUpdated Completed');
  });
});

describe('two kernels on one run', () => {
  test('given both at the same step, when both append, then one conflicts and nothing is interleaved', async () => {
    const store = new MemoryStore();
    const program = scriptProgram([update(1), update(2), callTool('echo', 3)]);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 2 }, () =>
        setUp(program, [succeeds('x')], { events: store }).kernel.runUntilBlocked(RUN, START),
      ),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: kernelError('HeadConflict') });
    expect(await kindsOf(store)).toBe('StateUpdated StateUpdated ActionRequested ActionSucceeded Completed');
  });

  test('given a blocked run, when two answers race, then the run is resumed once', async () => {
    const store = new MemoryStore();
    const program = scriptProgram([interrupt('go on?')]);
    await setUp(program, [], { events: store }).kernel.runUntilBlocked(RUN, START);
    const answer = (value: Json): Promise<unknown> =>
      setUp(program, [], { events: store }).kernel.resume(RUN, START, {
        type: 'resume',
        value,
        interruptId: `${RUN}-1`,
      });
    const outcomes = await Promise.allSettled([answer('yes'), answer('no')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await kindsOf(store)).toBe('Interrupted Resumed Completed');
  });
});

describe('runs that stand still', () => {
  test('given a completed, failed or blocked run, when it is run again, then the same status and nothing appended', async () => {
    for (const [script, answers, head] of [
      [[], [], 1],
      [[TOOL], [fails('boom')], 2],
      [[interrupt('go on?')], [], 1],
    ] as const) {
      const { kernel, store, executor } = setUp(scriptProgram(script), answers);
      const status = await kernel.runUntilBlocked(RUN, START);
      expect(await kernel.runUntilBlocked(RUN, START)).toEqual(status);
      expect(await store.head(RUN)).toBe(head);
      expect(executor.calls).toHaveLength(answers.length);
    }
  });

  test('given a finished run, when it is resumed, then RunFinished and nothing appended', async () => {
    for (const [script, answers] of [
      [[], []],
      [[TOOL], [fails('boom')]],
    ] as const) {
      const { kernel, store } = setUp(scriptProgram(script), answers);
      await kernel.runUntilBlocked(RUN, START);
      const before = await eventsOf(store);
      for (const signal of [
        { type: 'resume', value: 1 },
        { type: 'signal', name: 'go', value: 1 },
      ] as const) {
        await expect(kernel.resume(RUN, START, signal)).rejects.toThrow(kernelError('RunFinished'));
      }
      expect(await eventsOf(store)).toEqual(before);
    }
  });

  test('given a blocked run, when a wrong answer comes, then it is refused and nothing appended', async () => {
    const { kernel, store } = setUp(scriptProgram([interrupt('go on?')]));
    await kernel.runUntilBlocked(RUN, START);
    await expect(kernel.resume(RUN, START, { type: 'resume', value: 1, interruptId: `${RUN}-9` })).rejects.toThrow(
      kernelError('InterruptNotPending'),
    );
    await expect(kernel.resume(RUN, START, { type: 'resume', value: undefined })).rejects.toThrow(
      kernelError('InvalidAnswer'),
    );
    expect(await store.head(RUN)).toBe(1);
  });

  test('given a denied action, when it is run, then PolicyDenied, and nothing is appended, however often', async () => {
    const policy = allowList({ tools: [] });
    const { kernel, store, executor } = setUp(scriptProgram([update(1), TOOL], { policy }));
    for (let again = 0; again < 2; again += 1) {
      await expect(kernel.runUntilBlocked(RUN, START)).rejects.toThrow(kernelError('PolicyDenied'));
      await expect(kernel.runUntilBlocked(RUN, START)).rejects.toThrow('Policy error: tool not allowed: echo');
      expect(await kindsOf(store)).toBe('StateUpdated');
    }
    expect(executor.calls).toEqual([]);
  });

  test('given a run that crashed in a wait for a signal, when the signal comes, then its value is the output', async () => {
    const { kernel, store, executor } = setUp(scriptProgram([waitSignal('go')]));
    await store.append(RUN, [event.requested(1, { WaitSignal: { name: 'go' } })]);
    expect(await kernel.resume(RUN, START, { type: 'signal', name: 'go', value: 'now' })).toEqual({
      status: 'completed',
    });
    expect((await eventsOf(store))[1]).toEqual(event.succeeded(1, 'now'));
    expect(executor.calls).toEqual([]);
  });
});

describe('retries', () => {
  test('given errors of every kind, then the pauses are those of the policy', async () => {
    const policy = retryWithBackoff(allowAll(), { maxRetries: 5, backoffBaseMs: 10, backoffCapMs: 25 });
    const answers = [
      throws(transient('1')),
      throws(transient('2')),
      throws(transient('3')),
      throws(rateLimited('4', 7)),
      throws(permanent('5')),
    ];
    const { kernel, pauses } = setUp(scriptProgram([TOOL], { policy }), answers);
    expect(await kernel.runUntilBlocked(RUN, START)).toMatchObject({ error: 'Executor: 5' });
    expect(pauses).toEqual([10, 20, 25, 7]);
  });

  test('given an executor whose output JSON can not say, then the action failed and the run with it', async () => {
    const { kernel, store } = setUp(scriptProgram([TOOL]), [succeeds(undefined as unknown as Json)]);
    expect(await kernel.runUntilBlocked(RUN, START)).toMatchObject({ status: 'failed' });
    expect(await kindsOf(store)).toBe('ActionRequested ActionFailed');
  });

  test('given an executor that throws half a surrogate pair, then the log can still be written', async () => {
    const { kernel, store } = setUp(scriptProgram([TOOL]), [throws(new Error('cut \ud83d'))]);
    await kernel.runUntilBlocked(RUN, START);
    expect((await eventsOf(store))[1]).toEqual(event.failed(1, 'Executor: cut \ufffd'));
  });
});

describe('snapshots and replay', () => {
  const program = scriptProgram([update(1), TOOL, interrupt('go on?'), update(2), callTool('echo', 2)]);

  async function finished(store: MemoryStore): Promise<void> {
    const { kernel } = setUp(program, [succeeds('one')], { events: store, snapshots: store });
    await kernel.runUntilBlocked(RUN, START);
    const another = setUp(program, [succeeds('two')], { events: store, snapshots: store });
    await another.kernel.resume(RUN, START, { type: 'resume', value: 'yes' });
  }

  test('given a finished run, then there is a snapshot of every seq, with the state that the hashes say', async () => {
    const store = new MemoryStore();
    await finished(store);
    const log = await scanExecutionLogWithStateHashes(store, RUN, 1, START as unknown as Json, (...given) =>
      program.reduce(...given),
    );
    expect(log).toHaveLength(9);
    for (const { eventIndex, stateHash } of log) {
      const snapshot = await store.loadLatest(RUN, eventIndex);
      expect(snapshot?.atSeq).toBe(eventIndex);
      expect(hashOf(snapshot?.state)).toBe(stateHash);
    }
  });

  test('given any snapshot, when the run is replayed from it, then the state is that of the whole replay', async () => {
    const store = new MemoryStore();
    await finished(store);
    const { kernel } = setUp(program, [], { events: store });
    const whole = await kernel.replay(RUN, START);
    for (let atSeq = 0; atSeq <= 9; atSeq += 1) {
      const one = {
        loadLatest: async () =>
          atSeq === 0 ? { runId: RUN, atSeq, state: START as unknown as Json } : await store.loadLatest(RUN, atSeq),
        save: () => Promise.resolve(),
        prune: () => Promise.resolve(0),
      };
      const fromSnapshot = setUp(program, [], { events: store, snapshots: one }).kernel;
      expect(await fromSnapshot.replayFromSnapshot(RUN, START)).toEqual(whole);
      expect(await fromSnapshot.runUntilBlocked(RUN, START)).toEqual({ status: 'completed' });
    }
  });

  test('given no snapshot, when the run is replayed from the latest, then it is replayed from the start', async () => {
    const store = new MemoryStore();
    await finished(store);
    const { kernel } = setUp(program, [], { events: store });
    expect(await kernel.replayFromSnapshot(RUN, START)).toEqual(await kernel.replay(RUN, START));
  });

  test('given a snapshot beyond the log, when the run goes on or is replayed, then SnapshotCorrupt', async () => {
    const store = new MemoryStore();
    const { kernel } = setUp(program, [], { events: store, snapshots: store });
    await store.append(RUN, [event.updated(1)]);
    await store.save({ runId: RUN, atSeq: 10, state: START as unknown as Json });
    await expect(kernel.runUntilBlocked(RUN, START)).rejects.toThrow(kernelError('SnapshotCorrupt'));
    await expect(kernel.replayFromSnapshot(RUN, START)).rejects.toThrow(kernelError('SnapshotCorrupt'));
    expect(await store.head(RUN)).toBe(1);
  });

  test('given two runs in one store, then each has its own seqs and states', async () => {
    const { kernel, store } = setUp(scriptProgram([update(1)]));
    await kernel.runUntilBlocked('a', START);
    await kernel.runUntilBlocked('b', { ...START, seen: ['b'] });
    expect(await kindsOf(store, 'a')).toBe(await kindsOf(store, 'b'));
    expect(((await kernel.replay('b', { ...START, seen: ['b'] })) as unknown as ScriptState).seen[0]).toBe('b');
  });
});

/** Lets everything that is under way come to rest. */
async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
