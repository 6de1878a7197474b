import type { Event } from '../../src/kernel/event';
import { sequencedEventText } from '../../src/kernel/event-wire';
import type { Json } from '../../src/kernel/json';
import { Kernel } from '../../src/kernel/kernel';
import { stateUpdatedOnlyReducer } from '../../src/kernel/reducer';
import { replayProgram, type ReplayProgram } from '../../src/kernel/replay-program';
import { ReplayResume } from '../../src/kernel/replay-resume';
import { interrupt } from '../../src/kernel/step';
import { MemoryStore } from '../../src/stores/memory-store';
import { z } from 'zod';
import { foldProgram } from './fold-program';
import { golden, goldenLog, GOLDEN_RUN } from './golden-extras';
import { kernelError } from './kernel-error-matcher';
import { event, RUN } from './machine-specification';
import { scriptProgram, START } from './script-program';
import { ScriptedExecutor } from './scripted-executor';

interface Setup {
  readonly store: MemoryStore;
  readonly resume: ReplayResume;
}

async function setUp(events: readonly Event[], program: ReplayProgram = foldProgram, runId = RUN): Promise<Setup> {
  const store = new MemoryStore();
  await store.append(runId, events);
  return { store, resume: new ReplayResume({ events: store, program }) };
}

async function textsOf(store: MemoryStore): Promise<string[]> {
  return (await store.scan(RUN, 1)).map(sequencedEventText);
}

const ASKED = [event.updated({ v: 1 }, 'a'), event.interrupted({ reason: 'ask' })];
const lastUpdate = replayProgram(stateUpdatedOnlyReducer);

describe("the specification's own tests", () => {
  test('resume_injects_decision', async () => {
    const { resume } = await setUp(ASKED, lastUpdate);
    expect(await resume.resume(RUN, { value: 'user input' }, { v: 0 })).toEqual({
      state: { v: 1 },
      // Two of the log, and the answer.
      eventsReplayed: 3,
      idempotent: false,
    });
  });

  test('resume_idempotent_twice', async () => {
    const { resume } = await setUp(ASKED, lastUpdate);
    expect((await resume.resume(RUN, { value: 'first' }, { v: 0 })).idempotent).toBe(false);
    // Nothing was written, so the second is like the first.
    expect((await resume.resume(RUN, { value: 'first' }, { v: 0 })).idempotent).toBe(false);
  });

  test('verify_idempotent_returns_true', async () => {
    const { resume } = await setUp(ASKED, lastUpdate);
    expect(await resume.verifyIdempotent(RUN, { value: 'test' }, { v: 0 })).toBe(true);
  });
});

describe('the golden log', () => {
  const [blocked, answered, ended] = golden.replay_resume_fold;
  const upTo = (length: number) => setUp(goldenLog.slice(0, length), foldProgram, GOLDEN_RUN);

  test('given a pending question, then the resume is the reference’s to the letter', async () => {
    const { resume } = await upTo(blocked!.log_prefix);
    const { state, events_replayed: eventsReplayed, idempotent } = blocked!.result;
    expect(await resume.resume(GOLDEN_RUN, { value: blocked!.decision }, {})).toEqual({
      state,
      eventsReplayed,
      idempotent,
    });
  });

  test('given another answer, then it is refused, where the reference calls it idempotent and loses the answer', async () => {
    expect(answered!.result).toMatchObject({ idempotent: true, state: { waiting: true } });
    const { resume } = await upTo(answered!.log_prefix);
    await expect(resume.resume(GOLDEN_RUN, { value: answered!.decision }, {})).rejects.toThrow(
      kernelError('InterruptAnswered'),
    );
    expect(await resume.resume(GOLDEN_RUN, { value: 'r' }, {})).toMatchObject({
      idempotent: true,
      eventsReplayed: 5,
      state: { waiting: false, answer: 'r', answers: 1 },
    });
  });

  test('given a run that has ended, then another answer is refused, where the reference puts it behind the end', async () => {
    expect(ended!.result).toMatchObject({ idempotent: false, state: { done: true, answer: 'mine' } });
    const { resume } = await upTo(ended!.log_prefix);
    await expect(resume.resume(GOLDEN_RUN, { value: ended!.decision }, {})).rejects.toThrow(
      kernelError('InterruptAnswered'),
    );
  });
});

test('given an answer that the log has, when the run has gone on since, then the result is that of the first time', async () => {
  const { store, resume } = await setUp(ASKED);
  const first = await resume.resumeAndAppend(RUN, { value: 'yes' }, {});
  expect(first.idempotent).toBe(false);
  await store.append(RUN, [event.updated({ v: 2 }), event.completed]);
  expect(await resume.resume(RUN, { value: 'yes' }, {})).toEqual({ ...first, idempotent: true });
});

test('given earlier answers, then they are replayed as they are', async () => {
  const { resume } = await setUp([event.interrupted(1), event.resumed('one'), event.interrupted(2)]);
  expect(await resume.resume(RUN, { value: 'two' }, {})).toEqual({
    state: { waiting: false, asked: 2, answer: 'two', answers: 2 },
    eventsReplayed: 4,
    idempotent: false,
  });
});

test('given a last question, then only its answer counts, and not an earlier one of the same value', async () => {
  const { resume } = await setUp([event.interrupted(1), event.resumed('yes'), event.interrupted(2)]);
  expect((await resume.resume(RUN, { value: 'yes' }, {})).idempotent).toBe(false);
});

test('given values that came without being asked for, then they are no answers', async () => {
  const { resume } = await setUp([
    event.resumed('early'),
    event.interrupted(1),
    event.resumed('a'),
    event.resumed('b'),
  ]);
  expect(await resume.resume(RUN, { value: 'a' }, {})).toMatchObject({ idempotent: true, eventsReplayed: 3 });
  await expect(resume.resume(RUN, { value: 'b' }, {})).rejects.toThrow(kernelError('InterruptAnswered'));
});

test('given an equal answer with its keys in another order, then it is the same answer', async () => {
  const { resume } = await setUp([event.interrupted(1), event.resumed({ a: 1, b: 2 })]);
  expect((await resume.resume(RUN, { value: { b: 2, a: 1 } }, {})).idempotent).toBe(true);
});

test.each<readonly [string, readonly Event[], string]>([
  ['without events', [], 'RunNotFound'],
  ['that asked nothing', [event.updated(1)], 'InterruptNotPending'],
  ['that waits for a signal', [event.requested(1, { WaitSignal: { name: 'go' } })], 'InterruptNotPending'],
  ['that ended without asking', [event.completed], 'InterruptNotPending'],
  ['that ended instead of being answered', [event.interrupted(1), event.completed], 'RunFinished'],
])('given a run %s, then it can’t be resumed', async (_, events, code) => {
  const { resume } = await setUp(events);
  await expect(resume.resume(RUN, { value: 1 }, {})).rejects.toMatchObject({ name: 'KernelError', code });
});

test('given an answer that names an earlier question, then it is refused', async () => {
  const { resume } = await setUp([event.interrupted(1), event.resumed('yes'), event.interrupted(2)]);
  await expect(resume.resume(RUN, { value: 'yes', interruptId: `${RUN}-1` }, {})).rejects.toThrow(
    kernelError('InterruptNotPending'),
  );
  expect(await resume.resume(RUN, { value: 'no', interruptId: `${RUN}-3` }, {})).toMatchObject({ eventsReplayed: 4 });
});

test('given a program with a schema for answers, then the answer is read by it', async () => {
  const program = scriptProgram([interrupt('ok?')], {
    interrupts: { asks: z.json(), answers: z.object({ ok: z.boolean().default(true) }) },
  });
  const { resume, store } = await setUp([event.interrupted('ok?')], program);
  await expect(resume.resume(RUN, { value: 'maybe' }, START)).rejects.toThrow(kernelError('InvalidAnswer'));
  await resume.resumeAndAppend(RUN, { value: {} }, START);
  expect((await store.scan(RUN, 2))[0]?.event).toEqual(event.resumed({ ok: true }));
  expect((await resume.resume(RUN, { value: {} }, START)).idempotent).toBe(true);
});

test('given an answer that is no JSON, then it is refused', async () => {
  const { resume } = await setUp(ASKED);
  await expect(resume.resume(RUN, { value: Number.NaN }, {})).rejects.toThrow(kernelError('InvalidAnswer'));
});

describe('what is written', () => {
  test('given a resume, then nothing is', async () => {
    const { store, resume } = await setUp(ASKED);
    const before = await textsOf(store);
    await resume.resume(RUN, { value: 'yes' }, {});
    await resume.verifyIdempotent(RUN, { value: 'yes' }, {});
    expect(await textsOf(store)).toEqual(before);
  });

  test('given a resume that appends, when it is repeated, then the answer is in the log once', async () => {
    const { store, resume } = await setUp(ASKED);
    const first = await resume.resumeAndAppend(RUN, { value: 'yes' }, {});
    const second = await resume.resumeAndAppend(RUN, { value: 'yes' }, {});
    expect(second).toEqual({ ...first, idempotent: true });
    expect(await textsOf(store)).toHaveLength(3);
  });

  test('given two that answer at once, then one answer is in the log, and the other is told', async () => {
    const { store, resume } = await setUp(ASKED);
    const both = await Promise.allSettled([
      resume.resumeAndAppend(RUN, { value: 'yes' }, {}),
      resume.resumeAndAppend(RUN, { value: 'no' }, {}),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((both[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'HeadConflict' });
    await expect(resume.resumeAndAppend(RUN, { value: 'no' }, {})).rejects.toThrow(kernelError('InterruptAnswered'));
    expect((await textsOf(store)).at(-1)).toBe('{"seq":3,"event":{"Resumed":{"value":"yes"}}}');
  });

  test('given an appended answer, when a kernel drives the run on, then it reads the answer', async () => {
    const program = scriptProgram([interrupt('ok?')]);
    const store = new MemoryStore();
    const kernel = new Kernel({ program, events: store, executor: new ScriptedExecutor() });
    await kernel.runUntilBlocked(RUN, START);
    const { state } = await new ReplayResume({ events: store, program }).resumeAndAppend(RUN, { value: 'yes' }, START);
    expect(await kernel.replay(RUN, START)).toEqual(state);
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual({ status: 'completed' });
  });
});

test('given a reducer that is not pure, then a resume is not idempotent, and that is seen', async () => {
  let calls = 0;
  const { resume } = await setUp(
    ASKED,
    replayProgram((): Json => (calls += 1)),
  );
  expect(await resume.verifyIdempotent(RUN, { value: 'yes' }, {})).toBe(false);
});

test('given an answer that is in the log, then it is verified too', async () => {
  const { resume } = await setUp([...ASKED, event.resumed('yes'), event.completed]);
  expect(await resume.verifyIdempotent(RUN, { value: 'yes' }, {})).toBe(true);
});
