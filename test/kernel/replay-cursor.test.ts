import type { Event, SequencedEvent } from '../../src/kernel/event';
import { PAGE_EVENTS_MAX, pagesOf, type EventReader } from '../../src/kernel/event-reader';
import type { Json } from '../../src/kernel/json';
import { Kernel } from '../../src/kernel/kernel';
import { stateUpdatedOnlyReducer } from '../../src/kernel/reducer';
import { ReplayCursor, type ReplayCursorParts } from '../../src/kernel/replay-cursor';
import { replayProgram } from '../../src/kernel/replay-program';
import { callTool } from '../../src/kernel/step';
import { noopActionExecutor, noopStep } from '../../src/kernel/stubs';
import { MemoryStore } from '../../src/stores/memory-store';
import { foldProgram } from './fold-program';
import { golden, goldenLog, GOLDEN_RUN } from './golden-extras';
import { kernelError } from './kernel-error-matcher';
import { event, RUN } from './machine-specification';
import { scriptProgram, START } from './script-program';

const lastUpdate = replayProgram(stateUpdatedOnlyReducer);

async function storeOf(...events: readonly Event[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.append(RUN, events);
  return store;
}

function cursorOn(events: EventReader, parts: Partial<ReplayCursorParts> = {}): ReplayCursor {
  return new ReplayCursor({ events, program: lastUpdate, ...parts });
}

/** A log of numbers, made while it is read, that notes what it was asked for. */
function numbersUpTo(head: number): EventReader & { readonly asked: number[]; longest: number } {
  return {
    asked: [],
    longest: 0,
    async scan(_, from, limit = Number.MAX_SAFE_INTEGER) {
      this.asked.push(from);
      const length = Math.max(0, Math.min(limit, head - from + 1));
      this.longest = Math.max(this.longest, length);
      const numbers = Array.from({ length }, (_none, index) => from + index);
      return await Promise.resolve(numbers.map((seq): SequencedEvent => ({ seq, event: event.updated(seq) })));
    },
  };
}

describe("the specification's own tests", () => {
  test('replay_from_scratch_reconstructs_state', async () => {
    const store = await storeOf(event.updated(1, 'a'), event.updated(2, 'b'), event.completed);
    expect(await cursorOn(store).replay(RUN, 0)).toBe(2);
  });

  test('replay_from_checkpoint_applies_only_tail', async () => {
    const store = await storeOf(event.updated(10, 'a'), event.updated(20, 'b'), event.completed);
    await store.save({ runId: RUN, atSeq: 1, state: 10 });
    const reduced: number[] = [];
    const program = replayProgram((state, one, seq) => {
      reduced.push(seq);
      return stateUpdatedOnlyReducer(state, one);
    });
    expect(await cursorOn(store, { snapshots: store, program }).replayFromCheckpoint(RUN, 0)).toBe(20);
    expect(reduced).toEqual([2, 3]);
  });

  test('replay_step_yields_state_after_each_event', async () => {
    const steps = cursorOn(await storeOf(event.updated(1, 'a'), event.updated(2, 'b'))).steps(RUN, 0);
    expect(steps.currentState).toBe(0);
    expect(await steps.next()).toEqual({
      done: false,
      value: { sequenced: { seq: 1, event: event.updated(1, 'a') }, state: 1 },
    });
    expect(steps.currentState).toBe(1);
    expect((await steps.next()).value?.state).toBe(2);
    expect(await steps.next()).toEqual({ done: true, value: undefined });
    expect(steps.currentState).toBe(2);
  });
});

test('given the golden log, when it is stepped through, then every state is the one that the reference has', async () => {
  const store = new MemoryStore();
  await store.append(GOLDEN_RUN, goldenLog);
  const states: { readonly seq: number; readonly state: Json }[] = [];
  for await (const { sequenced, state } of cursorOn(store, { program: foldProgram }).steps(GOLDEN_RUN, {})) {
    states.push({ seq: sequenced.seq, state });
  }
  expect(states).toEqual(golden.replay_steps_fold.map(({ event: { seq }, state }) => ({ seq, state })));
});

test('given a run without events, then its state is its initial state', async () => {
  const cursor = cursorOn(new MemoryStore());
  expect(await cursor.replay(RUN, { n: 1 })).toEqual({ n: 1 });
  expect(await cursor.steps(RUN, { n: 1 }).next()).toEqual({ done: true, value: undefined });
});

test('given no snapshot, or no store of snapshots, then a replay from the checkpoint begins at the beginning', async () => {
  const store = await storeOf(event.updated(1));
  expect(await cursorOn(store, { snapshots: store }).replayFromCheckpoint(RUN, 0)).toBe(1);
  expect(await cursorOn(store).replayFromCheckpoint(RUN, 0)).toBe(1);
});

test.each([0, 1, 2])(
  'given a snapshot at seq %i, when replayed from it, then the state is that of the log',
  async (at) => {
    const store = await storeOf(event.updated(1), event.updated(2));
    expect(await cursorOn(store).replayFrom({ runId: RUN, atSeq: at, state: at })).toBe(2);
  },
);

test('given a snapshot beyond the log, then it is refused', async () => {
  const store = await storeOf(event.updated(1));
  await expect(cursorOn(store).replayFrom({ runId: RUN, atSeq: 2, state: 9 })).rejects.toThrow(
    kernelError('SnapshotCorrupt'),
  );
});

test('given a seq to step from, then the walk begins there', async () => {
  const store = await storeOf(event.updated(1), event.updated(2), event.updated(3));
  const steps = cursorOn(store).steps(RUN, 2, 3);
  expect((await steps.next()).value).toEqual({ sequenced: { seq: 3, event: event.updated(3) }, state: 3 });
});

test('given steps that are not waited for, then they are taken one after the other', async () => {
  const steps = cursorOn(await storeOf(event.updated(1), event.updated(2))).steps(RUN, 0);
  const taken = await Promise.all([steps.next(), steps.next(), steps.next()]);
  expect(taken.map(({ value }) => value?.state)).toEqual([1, 2, undefined]);
});

test('given a walk that is left early, then it has ended', async () => {
  const steps = cursorOn(await storeOf(event.updated(1), event.updated(2))).steps(RUN, 0);
  for await (const { state } of steps) if (state === 1) break;
  expect(await steps.next()).toEqual({ done: true, value: undefined });
  expect(steps.currentState).toBe(1);
});

test('given a long log, then it is read in pages, and never whole', async () => {
  const head = PAGE_EVENTS_MAX * 3;
  const reader = numbersUpTo(head);
  expect(await cursorOn(reader).replay(RUN, 0)).toBe(head);
  expect(reader.longest).toBe(PAGE_EVENTS_MAX);
  expect(reader.asked).toEqual([1, 1_001, 2_001, 3_001]);
});

test('given a long log, when the walk is left, then no further page is read', async () => {
  const reader = numbersUpTo(PAGE_EVENTS_MAX * 3);
  await cursorOn(reader).steps(RUN, 0).next();
  expect(reader.asked).toEqual([1]);
});

test('given a store that does not page, then its whole log is taken', async () => {
  const all = numbersUpTo(PAGE_EVENTS_MAX * 2 + 1);
  const unpaged: EventReader = { scan: (runId, from) => all.scan(runId, from) };
  expect(await cursorOn(unpaged).replay(RUN, 0)).toBe(PAGE_EVENTS_MAX * 2 + 1);
});

test('given a log with a gap, then the replay ends with the seq that is missing', async () => {
  const gap: EventReader = {
    scan: () => Promise.resolve([1, 3].map((seq) => ({ seq, event: event.updated(seq) }))),
  };
  await expect(cursorOn(gap).replay(RUN, 0)).rejects.toMatchObject({ code: 'LogCorrupt', seq: 2 });
  const pages = pagesOf({ scan: () => Promise.resolve([{ seq: 2, event: event.completed }]) }, RUN, 1);
  await expect(pages.next()).rejects.toMatchObject({ code: 'LogCorrupt', seq: 1 });
});

test('given a reducer that throws, then the error names the event, and the walk stays before it', async () => {
  const program = replayProgram((state, one, seq) => {
    if (seq === 2) throw new Error('boom');
    return stateUpdatedOnlyReducer(state, one);
  });
  const steps = cursorOn(await storeOf(event.updated(1), event.updated(2)), { program }).steps(RUN, 0);
  await steps.next();
  await expect(steps.next()).rejects.toMatchObject({ code: 'Reducer', seq: 2 });
  expect(steps.currentState).toBe(1);
});

test('given a reducer that reads the clock, then it is caught', async () => {
  const program = replayProgram(() => Date.now());
  await expect(cursorOn(await storeOf(event.completed), { program }).replay(RUN, 0)).rejects.toThrow(
    kernelError('DeterminismViolation'),
  );
});

test('given a program, then its schema reads the initial state', async () => {
  const cursor = cursorOn(new MemoryStore(), { program: scriptProgram([]) });
  await expect(cursor.replay(RUN, { at: 'nowhere' })).rejects.toThrow(kernelError('InvalidInitialState'));
});

describe('the stubs', () => {
  test('given a kernel of stubs, when it replays, then nothing is executed and the state is the cursor’s', async () => {
    const store = await storeOf(event.tool(1, 'echo', 1), event.succeeded(1, 2), event.completed);
    const program = { ...scriptProgram([]), step: noopStep };
    const kernel = new Kernel({ program, events: store, executor: noopActionExecutor });
    expect(await kernel.replay(RUN, START)).toEqual(await cursorOn(store, { program }).replay(RUN, START));
  });

  test('given a kernel of stubs, when a run is started, then it completes at once', async () => {
    const program = { ...scriptProgram([callTool('echo', 1)]), step: noopStep };
    const kernel = new Kernel({ program, events: new MemoryStore(), executor: noopActionExecutor });
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual({ status: 'completed' });
  });

  test('given the executor that must not be called, when it is called, then it fails and says what for', async () => {
    const called = noopActionExecutor.execute(RUN, { type: 'Sleep', millis: 1 }, `${RUN}-1`);
    await expect(called).rejects.toThrow('Sleep was asked for');
  });
});
