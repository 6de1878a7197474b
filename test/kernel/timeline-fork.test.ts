import { z } from 'zod';
import type { Event } from '../../src/kernel/event';
import { sequencedEventText } from '../../src/kernel/event-wire';
import type { Json } from '../../src/kernel/json';
import { Kernel } from '../../src/kernel/kernel';
import { Machine } from '../../src/kernel/machine';
import { redrive } from '../../src/kernel/redrive';
import { stateUpdatedOnlyReducer } from '../../src/kernel/reducer';
import { replayProgram, type ReplayProgram } from '../../src/kernel/replay-program';
import { callTool, interrupt, update, waitSignal } from '../../src/kernel/step';
import { branchOf, TimelineForker, type ForkRequest, type ForkResult } from '../../src/kernel/timeline-fork';
import { MemoryStore } from '../../src/stores/memory-store';
import { foldProgram } from './fold-program';
import { golden, goldenLog, GOLDEN_RUN } from './golden-extras';
import { kernelError } from './kernel-error-matcher';
import { event, RUN } from './machine-specification';
import { scriptProgram, START } from './script-program';
import { ScriptedExecutor, succeeds } from './scripted-executor';

const BRANCH = 'branch';
const lastUpdate = replayProgram(stateUpdatedOnlyReducer);

interface Setup {
  readonly store: MemoryStore;
  readonly fork: (at: number, alternate?: Event, changes?: Partial<ForkRequest>) => Promise<ForkResult>;
}

async function setUp(events: readonly Event[], program: ReplayProgram = lastUpdate, sourceRunId = RUN): Promise<Setup> {
  const store = new MemoryStore();
  await store.append(sourceRunId, events);
  const forker = new TimelineForker({ events: store, program });
  const initialState = program.initialState === undefined ? {} : START;
  return {
    store,
    fork: (forkPointSeq, alternateEvent, changes) =>
      forker.fork({
        sourceRunId,
        branchId: BRANCH,
        forkPointSeq,
        initialState,
        ...(alternateEvent === undefined ? {} : { alternateEvent }),
        ...changes,
      }),
  };
}

async function eventsOf(store: MemoryStore, runId: string): Promise<Event[]> {
  return (await store.scan(runId, 1)).map((sequenced) => sequenced.event);
}

async function textOf(store: MemoryStore, runId: string): Promise<string> {
  return (await store.scan(runId, 1)).map(sequencedEventText).join('\n');
}

const UPDATES = [event.updated(1, 'a'), event.updated(2, 'b'), event.updated(3, 'c')];
const ALTERNATE = event.updated(99, 'alt-b');

describe("the specification's own tests", () => {
  test('fork_injects_alternate_event_in_place_of_the_tail', async () => {
    const { fork } = await setUp(UPDATES);
    const { fork: lineage, finalState } = await fork(1, ALTERNATE);
    expect(lineage).toEqual({
      sourceRunId: RUN,
      branchId: BRANCH,
      forkPointSeq: 1,
      alternateEvent: ALTERNATE,
    });
    // The reference's test expects 3: it applies the source's tail behind the alternate.
    expect(finalState).toBe(99);
  });

  test('clone_timeline_replays_entire_run', async () => {
    const { store } = await setUp([event.updated(10, 'x'), event.completed]);
    const forker = new TimelineForker({ events: store, program: lastUpdate });
    const { fork, finalState } = await forker.cloneTimeline(RUN, 'clone', 0);
    expect(fork).toEqual({ sourceRunId: RUN, branchId: 'clone', forkPointSeq: 2, alternateEvent: null });
    expect(finalState).toBe(10);
    expect(await eventsOf(store, 'clone')).toEqual(await eventsOf(store, RUN));
  });
});

describe('the golden log', () => {
  const v99 = event.updated({ v: 99 }, 'alt');
  const setUpGolden = () => setUp(goldenLog, lastUpdate, GOLDEN_RUN);

  test('given an alternate at the last update, then the state is the reference’s', async () => {
    // The source's event behind that point changes no state, so that the reference is right here.
    const { store, fork } = await setUpGolden();
    expect((await fork(6, v99)).finalState).toEqual(golden.fork_at_6.final_state);
    expect(await eventsOf(store, BRANCH)).toHaveLength(7);
  });

  test('given an alternate at seq 1, then it is the last word, where the reference applies the source’s tail', async () => {
    const { fork } = await setUpGolden();
    expect(golden.fork_at_1_alt_v99_reducer_StateUpdatedOnly.final_state).toEqual({ v: 2 });
    expect((await fork(1, v99)).finalState).toEqual({ v: 99 });
  });

  test('given a fork point beyond the log, then it is refused, where the reference takes the last event for it', async () => {
    const { store, fork } = await setUpGolden();
    expect(golden.fork_at_500.final_state).toEqual({ v: 2 });
    await expect(fork(500, event.completed)).rejects.toThrow(kernelError('SeqBeyondLog'));
    expect(await store.head(BRANCH)).toBe(0);
  });

  test('given a clone, then its state is the reference’s, and it is written', async () => {
    const { store } = await setUpGolden();
    const forker = new TimelineForker({ events: store, program: lastUpdate });
    expect((await forker.cloneTimeline(GOLDEN_RUN, BRANCH, {})).finalState).toEqual(golden.clone.final_state);
    expect(await store.head(BRANCH)).toBe(7);
  });
});

describe("the branch's log", () => {
  test('given a source with actions, then the branch names them after itself, and copies the rest to the letter', async () => {
    const { store, fork } = await setUp(goldenLog, foldProgram, GOLDEN_RUN);
    await fork(5);
    expect(await textOf(store, BRANCH)).toBe(
      (await textOf(store, GOLDEN_RUN)).split('\n').slice(0, 5).join('\n').replaceAll('"x-2"', '"branch-2"'),
    );
  });

  test('given a state that keeps action ids, then the branch’s state has the branch’s', async () => {
    const { fork } = await setUp(goldenLog, foldProgram, GOLDEN_RUN);
    expect((await fork(2)).finalState).toEqual({ v: 1, pending: 'branch-2' });
  });

  test('given a source that is a branch itself, then its branch names the actions after itself', async () => {
    const { store, fork } = await setUp(goldenLog, foldProgram, GOLDEN_RUN);
    await fork(5);
    await fork(3, undefined, { sourceRunId: BRANCH, branchId: 'twig' });
    expect((await eventsOf(store, 'twig'))[2]).toEqual({ type: 'ActionSucceeded', actionId: 'twig-2', output: 1 });
  });

  test('given a fork point of 0, then the branch begins where the source began', async () => {
    const { store, fork } = await setUp(UPDATES);
    expect((await fork(0, ALTERNATE)).checkpoint).toMatchObject({ head: 1, state: 99, waiting: { for: 'step' } });
    expect(await eventsOf(store, BRANCH)).toEqual([ALTERNATE]);
  });

  test('given a fork, then the source is what it was', async () => {
    const { store, fork } = await setUp(UPDATES);
    const before = await textOf(store, RUN);
    await fork(1, ALTERNATE);
    expect(await textOf(store, RUN)).toBe(before);
  });

  test('given a source that grows while it is forked, then the branch has what was there at the fork point', async () => {
    const { store, fork } = await setUp(UPDATES);
    await Promise.all([fork(2), store.append(RUN, [event.completed])]);
    expect(await eventsOf(store, BRANCH)).toEqual(UPDATES.slice(0, 2));
    expect(await store.head(RUN)).toBe(4);
  });

  test.each<readonly [string, readonly Event[], number]>([
    ['nobody asked for', [event.succeeded(7, 1)], 1],
    ['has a result already', [event.tool(1, 'echo', 1), event.succeeded(1, 1), event.failed(1, 'x')], 3],
  ])(
    'given a result of an action that %s, then the source’s log is broken, and no branch is made',
    async (_, log, seq) => {
      const { store, fork } = await setUp(log);
      await expect(fork(log.length)).rejects.toMatchObject({ code: 'LogCorrupt', seq });
      expect(await store.head(BRANCH)).toBe(0);
    },
  );
});

describe('going on', () => {
  const script = [update('one', 's'), callTool('echo', 'two'), interrupt('three?'), update('four', 's')];
  const program = scriptProgram(script);

  /** A run that asked, was answered, and completed. */
  async function finished(): Promise<Setup> {
    const setup = await setUp([], program);
    const executor = new ScriptedExecutor([succeeds('echoed')]);
    const kernel = new Kernel({ program, events: setup.store, executor });
    await kernel.runUntilBlocked(RUN, START);
    await kernel.resume(RUN, START, { type: 'resume', value: 'yes' });
    return setup;
  }

  /** Drives the branch on; gives the ids of the actions that were done. */
  async function driveOn(store: MemoryStore): Promise<string[]> {
    const executor = new ScriptedExecutor([succeeds('echoed anew')]);
    await new Kernel({ program, events: store, executor }).runUntilBlocked(BRANCH, START);
    return executor.calls.map(({ actionId }) => actionId);
  }

  test('given any fork point, when the branch is driven on, then no action before it is done again', async () => {
    const { store } = await finished();
    const head = await store.head(RUN);
    expect(head).toBe(7);
    for (let at = 0; at <= head; at += 1) {
      const { fork, store: one } = await finished();
      await fork(at);
      expect([at, await driveOn(one)]).toEqual([at, at < 3 ? [`${BRANCH}-2`] : []]);
    }
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'given a fork at seq %i, then the program, asked again at every step, gives the branch’s log',
    async (at) => {
      const { store, fork } = await finished();
      const { checkpoint } = await fork(at);
      expect(redrive(program, BRANCH, START, await store.scan(BRANCH, 1)).checkpoint()).toEqual(checkpoint);
      await driveOn(store);
      expect(redrive(program, BRANCH, START, await store.scan(BRANCH, 1)).head).toBe(await store.head(BRANCH));
    },
  );

  test('given another answer, when the branch is driven on, then it lives with that answer', async () => {
    const { store, fork } = await finished();
    const { checkpoint } = await fork(4, event.resumed('no'));
    expect(checkpoint).toMatchObject({ runId: BRANCH, head: 5, waiting: { for: 'step' } });
    await driveOn(store);
    expect((await eventsOf(store, BRANCH)).map(({ type }) => type)).toEqual([
      'StateUpdated',
      'ActionRequested',
      'ActionSucceeded',
      'Interrupted',
      'Resumed',
      'StateUpdated',
      'Completed',
    ]);
    expect((await store.scan(BRANCH, 5))[0]?.event).toEqual(event.resumed('no'));
  });

  test('given the question itself as the fork point, then the branch asks it under an id of its own', async () => {
    const { fork } = await finished();
    const { checkpoint } = await fork(4);
    expect(checkpoint.waiting).toMatchObject({ for: 'answer', interruptId: `${BRANCH}-4` });
  });

  test('given a checkpoint of a fork, when a machine is restored from it, then it goes on as one that replayed the log', async () => {
    const { store, fork } = await finished();
    const { checkpoint, finalState } = await fork(2);
    const restored = Machine.restore(program, JSON.parse(JSON.stringify(checkpoint)) as typeof checkpoint);
    expect(restored.state).toEqual(finalState);
    restored.deliver({
      type: 'result',
      actionId: `${BRANCH}-2`,
      result: { type: 'success', output: 'x' },
    });
    restored.advance();
    expect(restored.waiting).toMatchObject({ for: 'answer', interruptId: `${BRANCH}-4` });
    expect(await store.head(BRANCH)).toBe(2);
  });
});

describe('alternates', () => {
  const REQUESTED = event.tool(1, 'count', 1);
  const WAITING = event.requested(1, { WaitSignal: { name: 'go' } });

  test.each<readonly [string, readonly Event[], number, Event, Event]>([
    ['a state update at a boundary', [], 0, event.updated(1), event.updated(1)],
    ['an answer to a question', [event.interrupted('?')], 1, event.resumed(1), event.resumed(1)],
    [
      'a result, by the source’s id',
      [REQUESTED],
      1,
      event.succeeded(1, 5),
      { type: 'ActionSucceeded', actionId: 'branch-1', output: 5 },
    ],
    [
      'a result, by the branch’s id',
      [REQUESTED],
      1,
      { type: 'ActionSucceeded', actionId: 'branch-1', output: 5 },
      { type: 'ActionSucceeded', actionId: 'branch-1', output: 5 },
    ],
    [
      'a failure',
      [REQUESTED],
      1,
      event.failed(1, 'boom'),
      { type: 'ActionFailed', actionId: 'branch-1', error: 'boom' },
    ],
    [
      'a signal',
      [WAITING],
      1,
      event.succeeded(1, 'now'),
      { type: 'ActionSucceeded', actionId: 'branch-1', output: 'now' },
    ],
  ])('given %s, then the branch has it', async (_, log, at, alternate, inBranch) => {
    const { store, fork } = await setUp([...log, event.completed], scriptProgram([]));
    const { fork: lineage, checkpoint } = await fork(at, alternate);
    expect(lineage.alternateEvent).toEqual(inBranch);
    expect((await eventsOf(store, BRANCH)).at(-1)).toEqual(inBranch);
    const replayed = await new Kernel({
      program: scriptProgram([]),
      events: store,
      executor: new ScriptedExecutor(),
    }).replay(BRANCH, START);
    expect(replayed).toEqual(checkpoint.state);
  });

  test.each<readonly [string, readonly Event[], Event]>([
    ['an answer where nothing was asked', [event.updated(1)], event.resumed(1)],
    ['a result where nothing is under way', [event.updated(1)], event.succeeded(1, 1)],
    ['a result of another action', [REQUESTED], event.succeeded(2, 1)],
    ['an answer inside an action', [REQUESTED], event.resumed(1)],
    ['a state update where a question is pending', [event.interrupted('?')], event.updated(1)],
    ['a state update inside an action', [REQUESTED], event.updated(1)],
    ['a request', [event.updated(1)], event.tool(2, 'echo', 1)],
    ['a question', [event.updated(1)], event.interrupted('?')],
    ['an end', [event.updated(1)], event.completed],
    ['anything behind an end', [event.completed], event.updated(1)],
    ['an output that breaks the tool’s schema', [REQUESTED], event.succeeded(1, 'five')],
  ])('given %s, then it is refused and nothing is written', async (_, log, alternate) => {
    const { store, fork } = await setUp(log, scriptProgram([]));
    await expect(fork(log.length, alternate)).rejects.toThrow(kernelError('IllegalAlternate'));
    expect(await store.head(BRANCH)).toBe(0);
  });

  test('given an answer or a signal that breaks its schema, then it is refused', async () => {
    const strict = scriptProgram([interrupt('?'), waitSignal('go')], {
      interrupts: { asks: z.json(), answers: z.string() },
      signals: { go: z.int() },
    });
    const asked = await setUp([event.interrupted('?')], strict);
    await expect(asked.fork(1, event.resumed(1))).rejects.toThrow(kernelError('InvalidAnswer'));
    const waiting = await setUp([WAITING], strict);
    await expect(waiting.fork(1, event.succeeded(1, 'now'))).rejects.toThrow(kernelError('IllegalAlternate'));
  });

  test('given an alternate that is no event, then it is refused', async () => {
    const { fork } = await setUp([event.updated(1)]);
    const broken = { type: 'StateUpdated', stepId: null, payload: undefined as unknown as Json } as const;
    await expect(fork(1, broken)).rejects.toThrow(kernelError('InvalidEvent'));
  });
});

describe('what is refused', () => {
  test.each([-1, 0.5, Number.NaN, 4, Number.MAX_SAFE_INTEGER])(
    'given a fork point of %d, then there is none',
    async (at) => {
      const { store, fork } = await setUp(UPDATES);
      await expect(fork(at)).rejects.toThrow(kernelError('SeqBeyondLog'));
      expect(await store.head(BRANCH)).toBe(0);
    },
  );

  test('given a branch that exists, then it is refused and stays as it is', async () => {
    const { store, fork } = await setUp(UPDATES);
    await fork(1, ALTERNATE);
    const before = await textOf(store, BRANCH);
    await expect(fork(2)).rejects.toThrow(kernelError('RunAlreadyStarted'));
    await expect(fork(0)).rejects.toThrow(kernelError('RunAlreadyStarted'));
    expect(await textOf(store, BRANCH)).toBe(before);
  });

  test('given the source as its own branch, then it is refused', async () => {
    const { fork } = await setUp(UPDATES);
    await expect(fork(1, undefined, { branchId: RUN })).rejects.toThrow(kernelError('RunAlreadyStarted'));
  });

  test('given a source without events, then there is nothing to fork', async () => {
    const { fork } = await setUp([]);
    await expect(fork(0)).rejects.toThrow(kernelError('RunNotFound'));
  });

  test('given a branch id that can’t name a run, then it is refused', async () => {
    const { fork } = await setUp(UPDATES);
    await expect(fork(1, undefined, { branchId: '' })).rejects.toThrow(kernelError('InvalidRunId'));
  });

  test('given an alternate that reduce refuses, then nothing is written', async () => {
    const program = replayProgram((state, one) => {
      if (one.type === 'StateUpdated' && one.payload === 99) throw new Error('no');
      return stateUpdatedOnlyReducer(state, one);
    });
    const { store, fork } = await setUp(UPDATES, program);
    await expect(fork(1, ALTERNATE)).rejects.toThrow(kernelError('Reducer'));
    expect(await store.head(BRANCH)).toBe(0);
  });
});

test('given a long source, when it is forked near its beginning, then its tail is not read', async () => {
  const store = new MemoryStore();
  await store.append(
    RUN,
    Array.from({ length: 2_500 }, (_, index) => event.updated(index + 1)),
  );
  let read = 0;
  const events = {
    append: store.append.bind(store),
    head: store.head.bind(store),
    scan: async (runId: string, from: number, limit?: number) => {
      const page = (await store.scan(runId, from)).slice(0, limit);
      read += page.length;
      return page;
    },
  };
  const forker = new TimelineForker({ events, program: lastUpdate });
  await forker.fork({ sourceRunId: RUN, branchId: BRANCH, forkPointSeq: 10, initialState: 0 });
  expect(read).toBe(1_000);
  expect(await store.head(BRANCH)).toBe(10);
});

test('given a branch that is not to be written, then it is made without a store', () => {
  const shared = UPDATES.slice(0, 1).map((one) => ({ seq: 1, event: one }));
  const request = { sourceRunId: RUN, branchId: BRANCH, forkPointSeq: 1, alternateEvent: ALTERNATE, initialState: 0 };
  expect(branchOf(lastUpdate, shared, request)).toMatchObject({
    events: [UPDATES[0], ALTERNATE],
    checkpoint: { head: 2, state: 99 },
  });
});
