/** The projection of real runs: while they run, after they ended in every way, again and again, at once, and into databases. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ExecutionProjector,
  executionEventText,
  MemoryExecutionEventStore,
  storedExecutionEventText,
  type ExecutionEventData,
  type ExecutionEventStore,
  type ProjectedRun,
  type RunEnd,
} from '../../src/records';
import { KernelClient } from '../../src/client';
import { Mirror, type ClosedAs } from '../../src/mirror';
import { MemoryStore, SqlExecutionEventStore, SqliteStore } from '../../src/stores';
import { endlessAtWork, playing, type Line } from '../support/player';
import { PROGRAMS, RunHarness } from '../support/run-harness';
import { until } from '../support/until';
import { stateAfter } from './execution-grammar';

let harness: RunHarness;
let events: MemoryExecutionEventStore;
beforeAll(async () => {
  harness = await RunHarness.open();
  await harness.startWorker();
});
beforeEach(() => {
  events = new MemoryExecutionEventStore();
});
afterEach(() => harness.checkRuns());
afterAll(() => harness.close());

const echoes = (count: number): Line[] => Array.from({ length: count }, (_, input) => ({ call: 'echo', input }));

/** Mirrors a run and projects what the mirror reports. */
async function project(
  runId: string,
  target: ExecutionEventStore = events,
  more: Partial<ProjectedRun> = {},
): Promise<number> {
  const report = await harness.mirror.mirror(runId);
  const projector = new ExecutionProjector({ log: harness.store, events: target });
  return (await projector.project({ ...report, ...more })).added;
}

async function dataOf(runId: string, store: ExecutionEventStore = events): Promise<readonly ExecutionEventData[]> {
  return (await store.loadEvents(runId)).map(({ event }) => event);
}

const textsOf = async (runId: string, store: ExecutionEventStore): Promise<string[]> =>
  (await store.loadEvents(runId)).map(storedExecutionEventText);

/** What happened, without the checkpoints. */
async function happened(runId: string): Promise<string[]> {
  return (await dataOf(runId)).map(({ type }) => type).filter((type) => type !== 'CheckpointSaved');
}

/** Every entry of the log has a checkpoint with its state hash, and the reference allows the events as they stand. */
async function assertTrue(runId: string, state: string): Promise<void> {
  const data = await dataOf(runId);
  const log = await harness.store.scanLog(runId, 1);
  expect(data.flatMap((event) => (event.type === 'CheckpointSaved' ? [event.stateHash] : []))).toEqual(
    log.map(({ stateHash }) => stateHash),
  );
  expect(stateAfter(data)).toBe(state);
  const alone = new MemoryExecutionEventStore();
  await project(runId, alone);
  expect(await textsOf(runId, events)).toEqual(await textsOf(runId, alone));
}

const movements: Line[] = [
  { note: 'begin' },
  { ask: 'go on?' },
  { call: 'echo', input: { a: 1 } },
  { sleep: 1 },
  { wait: 'payment' },
  { call: 'flaky', input: { failures: 1 } },
];

const MOVED = [
  ...['ExecutionStarted', 'StepStarted', 'StepCompleted', 'ExecutionPaused', 'ExecutionResumed', 'Custom'],
  ...['StepStarted', 'ToolCallStarted', 'ToolCallCompleted', 'StepCompleted', 'StepStarted', 'StepCompleted'],
  ...['ExecutionPaused', 'ExecutionResumed', 'Custom'],
  ...['StepStarted', 'ToolCallStarted', 'ToolCallCompleted', 'StepCompleted', 'ExecutionCompleted'],
];

describe('given a run that completes', () => {
  test('when it is projected while it runs and afterwards, then each event is there once, with its time', async () => {
    const runId = await harness.play(playing(...movements));
    const added: number[] = [];
    const look = async (): Promise<void> => {
      await harness.kernel.runUntilBlocked(runId);
      added.push(await project(runId), await project(runId));
    };
    await look();
    await harness.kernel.resume(runId, 'yes');
    await look();
    await harness.kernel.signal(runId, 'payment', { amount: 1 });
    await look();

    expect(added.filter((_, index) => index % 2 === 0).every((count) => count > 0)).toBe(true);
    expect(added.filter((_, index) => index % 2 === 1)).toEqual([0, 0, 0]);
    expect(await happened(runId)).toEqual(MOVED);
    await assertTrue(runId, 'Completed');
    const stored = await events.loadEvents(runId);
    const log = await harness.store.scanLog(runId, 1);
    const times = new Set([
      (await harness.store.loadRun(runId))?.startedAtMs,
      ...log.map(({ origin }) => origin.timeMs),
    ]);
    expect(stored.every(({ timestampMs }) => times.has(timestampMs))).toBe(true);
    expect(stored.map(({ timestampMs }) => timestampMs)).toEqual(
      stored.map(({ timestampMs }) => timestampMs).toSorted(),
    );
    const customs = stored.flatMap(({ event }) => (event.type === 'Custom' ? [executionEventText(event)] : []));
    expect(customs).toEqual([
      `{"type":"custom","event_type":"answer_received","data":{"interrupt_id":"${runId}-2","value":"yes"}}`,
      `{"type":"custom","event_type":"signal_received","data":{"action_id":"${runId}-8","name":"payment","value":{"amount":1}}}`,
    ]);
  });

  test('when several projectors write it at once, then it is there once', async () => {
    const runId = await harness.play(playing(...echoes(5), { note: 'end' }));
    await harness.kernel.runUntilBlocked(runId);
    const report = await harness.mirror.mirror(runId);
    const projectors = Array.from({ length: 5 }, () => new ExecutionProjector({ log: harness.store, events }));
    const added = await Promise.all(projectors.map(async (one) => (await one.project(report)).added));

    expect(added.reduce((sum, count) => sum + count, 0)).toBe(await events.countEvents(runId));
    await assertTrue(runId, 'Completed');
  });

  test('when it continued as new, then it is one execution', async () => {
    const runId = await harness.play(playing({ ask: 'go on?' }, ...echoes(8), { note: 'end' }), {
      continueAfterEvents: 20,
    });
    await harness.kernel.runUntilBlocked(runId);
    await project(runId);
    await harness.kernel.resume(runId, 'yes');
    await harness.kernel.runUntilBlocked(runId);
    await project(runId);

    const log = await harness.store.scanLog(runId, 1);
    expect(new Set(log.map(({ origin }) => origin.executionId)).size).toBeGreaterThan(1);
    expect((await happened(runId)).filter((type) => type === 'ExecutionStarted')).toHaveLength(1);
    await assertTrue(runId, 'Completed');
  });

  test('when a signal came before it was waited for, and an answer while nothing was asked, then the events still fit', async () => {
    const runId = await harness.play(playing({ ask: 1 }, { wait: 'payment' }, { wait: 'payment' }, { note: 'end' }));
    await harness.kernel.runUntilBlocked(runId);
    await harness.kernel.signal(runId, 'payment', { amount: 1 });
    await harness.kernel.resume(runId, 'yes');
    await until(async () => (await harness.mirror.mirror(runId)).head === 5);
    await harness.client.workflow.getHandle(runId).signal('resume', 'more');
    await harness.kernel.signal(runId, 'payment', { amount: 2 });
    await harness.kernel.runUntilBlocked(runId);
    await project(runId);

    const customs = (await dataOf(runId)).flatMap((event) => (event.type === 'Custom' ? [event.eventType] : []));
    expect(customs).toEqual(['answer_received', 'signal_received', 'signal_received', 'answer_received']);
    await assertTrue(runId, 'Completed');
  });

  test('when it is told what set it off, then that is its parent', async () => {
    const runId = await harness.play(playing({ note: 1 }));
    await harness.kernel.runUntilBlocked(runId);
    const parent = { parentId: 'run-of-the-parent', parentType: 'step_execution' } as const;
    await project(runId, events, { parent });

    expect((await dataOf(runId))[0]).toMatchObject({
      type: 'ExecutionStarted',
      parent,
      metadata: { program: 'player', initial_state: { script: [{ note: 1 }] } },
    });
    expect(await project(runId)).toBe(0);
  });
});

describe('given a run that does not complete', () => {
  test('when a tool fails for good, then the step has failed and so has the execution', async () => {
    const runId = await harness.play(playing({ note: 1 }, { call: 'failing', input: { message: 'no such page' } }));
    await harness.kernel.runUntilBlocked(runId);
    await project(runId);

    expect((await happened(runId)).slice(-4)).toEqual([
      'StepStarted',
      'ToolCallStarted',
      'StepFailed',
      'ExecutionFailed',
    ]);
    const error = { category: 'ToolError', message: 'Executor: no such page', stepId: `${runId}-2` };
    expect((await dataOf(runId)).at(-1)).toMatchObject({ type: 'ExecutionFailed', error });
    await assertTrue(runId, 'Failed');
    expect(await project(runId)).toBe(0);
  });

  test('when the policy denies an action, then the execution failed with what the status says', async () => {
    const runId = await harness.play(playing({ note: 1 }, { call: 'forbidden', input: null }));
    const status = await harness.kernel.runUntilBlocked(runId);
    if (status.status !== 'denied') throw new Error(`the run is ${status.status}`);
    await project(runId, events, { denial: status });

    expect(await happened(runId)).toEqual(['ExecutionStarted', 'StepStarted', 'StepCompleted', 'ExecutionFailed']);
    expect((await dataOf(runId)).at(-1)).toMatchObject({
      error: {
        category: 'PolicyViolation',
        code: 'PolicyDenied',
        message: expect.stringContaining('forbidden') as string,
      },
    });
    expect(await project(runId)).toBe(0);
  });

  test.each([
    ['asks', { ask: 1 }],
    ['waits', { wait: 'payment' }],
    ['sleeps', { sleep: 600_000 }],
    ['works', { call: 'endless', input: null }],
  ] satisfies [string, Line][])(
    'when it is cancelled while it %s, then the execution is cancelled',
    async (_, line) => {
      const runId = await harness.play(playing({ note: 1 }, line));
      if ('ask' in line || 'wait' in line) await harness.kernel.runUntilBlocked(runId);
      else await until(async () => (await harness.mirror.mirror(runId)).head === 2);
      if ('call' in line) await until(() => endlessAtWork(`${runId}-2`));
      await project(runId);
      await harness.client.workflow.getHandle(runId).cancel();
      await harness.kernel.runUntilBlocked(runId);
      await project(runId);

      expect((await dataOf(runId)).at(-1)).toEqual({ type: 'ExecutionCancelled', reason: 'cancelled' });
      await assertTrue(runId, 'Cancelled');
      expect(await project(runId)).toBe(0);
    },
  );

  test('when it is terminated, then the execution is cancelled, and says how', async () => {
    const runId = await harness.play(playing({ ask: 1 }));
    await harness.kernel.runUntilBlocked(runId);
    await harness.client.workflow.getHandle(runId).terminate();
    await project(runId, events, { closedAtMs: 1_800_000_000_000 });

    const last = (await events.loadEvents(runId)).at(-1);
    expect(last).toMatchObject({ event: { reason: 'terminated' }, timestampMs: 1_800_000_000_000 });
    expect(await project(runId)).toBe(0);
  });

  test('when it has done nothing yet, then the execution has started', async () => {
    const runId = await harness.play(playing({ ask: 1 }));
    const mirror = new Mirror({ client: harness.client, programs: PROGRAMS, store: new MemoryStore() });
    await harness.kernel.runUntilBlocked(runId);
    await harness.mirror.mirror(runId);
    await new ExecutionProjector({ log: harness.store, events }).project({ runId, head: 0, closed: null });
    expect(await happened(runId)).toEqual(['ExecutionStarted']);
    await new ExecutionProjector({ log: harness.store, events }).project(await mirror.mirror(runId));
    expect(await happened(runId)).toEqual(['ExecutionStarted', 'ExecutionPaused']);
  });
});

describe('given log and execution events in one SQLite file', () => {
  test('when runs are mirrored and projected, then the tenant lists them, the newest first, and the texts are the same', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-projector-'));
    const store = SqliteStore.open(join(directory, 'runs.db'), { tenant: 'acme' });
    const other = SqliteStore.open(join(directory, 'runs.db'), { tenant: 'other' });
    const [target, others] = [new SqlExecutionEventStore(store), new SqlExecutionEventStore(other)];
    const { client, taskQueue } = harness;
    const kernel = new KernelClient({ client, programs: PROGRAMS, taskQueue, tenant: 'acme' });
    const runIds: string[] = [];
    for (const line of echoes(3)) {
      const runId = harness.newRunId();
      harness.forget(runId);
      await kernel.start('player', { runId, initialState: playing(line) });
      await kernel.runUntilBlocked(runId);
      runIds.unshift(runId);
    }
    const mirror = new Mirror({ client, programs: PROGRAMS, store });
    for (const runId of runIds) {
      await new ExecutionProjector({ log: store, events: target }).project(await mirror.mirror(runId));
    }

    expect(Array.from(await target.listExecutions(10, 0))).toEqual(runIds);
    expect(await others.listExecutions(10, 0)).toHaveLength(0);
    const log = new MemoryStore('acme');
    const inMemory = new MemoryExecutionEventStore('acme');
    for (const runId of runIds) {
      const report = await new Mirror({ client, programs: PROGRAMS, store: log }).mirror(runId);
      await new ExecutionProjector({ log, events: inMemory }).project(report);
      expect(await textsOf(runId, target)).toEqual(await textsOf(runId, inMemory));
      expect(await others.executionExists(runId)).toBe(false);
    }
    await store.close();
    await other.close();
    await rm(directory, { recursive: true, force: true });
  });
});

test('given the ends that a mirror knows, then they are those that can be projected', () => {
  const ofMirror: Record<ClosedAs, RunEnd> = {
    completed: 'completed',
    failed: 'failed',
    cancelled: 'cancelled',
    terminated: 'terminated',
    timedOut: 'timedOut',
  };
  const ofProjection: Record<RunEnd, ClosedAs> = ofMirror;
  expect(ofProjection).toBe(ofMirror);
});
