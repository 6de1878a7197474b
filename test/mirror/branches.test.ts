/** Runs that are not one line: reset, and reset again; an id that is used again; a child, which names its parent. */
import type { Json } from '../../src/kernel';
import { LogReplay, Mirror } from '../../src/mirror';
import { MemoryStore } from '../../src/stores';
import { playing } from '../support/player';
import { PROGRAMS, RunHarness } from '../support/run-harness';
import { until } from '../support/until';

let harness: RunHarness;

beforeAll(async () => {
  harness = await RunHarness.open();
  await harness.startWorker();
});
afterAll(() => harness.close());

/** A run that asks twice, answered once. */
async function answeredOnce(options: { readonly continueAfterEvents?: number } = {}): Promise<string> {
  const runId = await harness.play(playing({ call: 'echo', input: 1 }, { ask: 'first?' }, { ask: 'second?' }), options);
  harness.forget(runId);
  await harness.kernel.runUntilBlocked(runId);
  await harness.kernel.resume(runId, 'yes');
  await harness.kernel.runUntilBlocked(runId);
  return runId;
}

/** Resets a run to its first workflow task, or another one; gives the execution that the reset made. */
async function reset(runId: string, task = 0, executionId?: string): Promise<string> {
  const { events } = await harness.client.workflow.getHandle(runId, executionId).fetchHistory();
  const tasks = events!.filter(({ workflowTaskCompletedEventAttributes: completed }) => completed != null);
  const { workflowService, options } = harness.client.workflow;
  const response = await workflowService.resetWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: { workflowId: runId, ...(executionId === undefined ? {} : { runId: executionId }) },
    reason: 'test',
    workflowTaskFinishEventId: tasks.at(task)!.eventId!,
    requestId: `${runId}-${task}-${executionId ?? ''}`,
  });
  return response.runId;
}

async function textsOf(logId: string): Promise<string[]> {
  return (await harness.store.scanLog(logId, 1)).map(({ eventIndex, event, hash }) =>
    JSON.stringify([eventIndex, event, hash]),
  );
}

async function assertVerified(logId: string): Promise<void> {
  expect((await harness.mirror.verify(logId)).problems).toEqual([]);
}

const terminate = async (runId: string): Promise<void> => {
  await harness.client.workflow.getHandle(runId).terminate();
};

describe('given a run that was reset', () => {
  test('when it is mirrored, then the reset has a log of its own, which shares what was before it, and the old one stays', async () => {
    const runId = await answeredOnce();
    const before = await harness.mirror.mirror(runId);
    const old = await textsOf(runId);
    const { executionId: baseExecutionId } = before;

    const made = await reset(runId, 1);
    await harness.kernel.runUntilBlocked(runId);
    await harness.kernel.resume(runId, 'no');
    await harness.kernel.runUntilBlocked(runId);
    const report = await harness.mirror.mirror(runId);

    expect(report).toMatchObject({
      runId: `${runId}~${made}`,
      executionId: made,
      closed: null,
      branch: { type: 'reset', of: runId, executionId: made, baseExecutionId },
    });
    const branch = await textsOf(report.runId);
    expect(branch.slice(0, 2)).toEqual(old.slice(0, 2));
    expect(branch[3]).toContain('"no"');
    expect(old[3]).toContain('"yes"');
    expect(await textsOf(runId)).toEqual(old);
    await assertVerified(runId);
    await assertVerified(report.runId);
    expect(await harness.mirror.mirror(runId)).toMatchObject({ runId: report.runId, added: 0 });
    await terminate(runId);
  });

  test('when it was never mirrored before, then what the reset left has its log too', async () => {
    const runId = await answeredOnce();
    const made = await reset(runId, 1);
    await harness.kernel.runUntilBlocked(runId);

    const report = await harness.mirror.mirror(runId);

    expect(report.runId).toBe(`${runId}~${made}`);
    expect(await harness.store.loadRun(runId)).toMatchObject({ head: 5, branch: null });
    await assertVerified(runId);
    await assertVerified(report.runId);
    await terminate(runId);
  });

  test('when it is reset again, then each future has its log', async () => {
    const runId = await answeredOnce();
    const first = await reset(runId, 1);
    await harness.kernel.runUntilBlocked(runId);
    await harness.kernel.resume(runId, 'no');
    await harness.kernel.runUntilBlocked(runId);
    const second = await reset(runId, 0);
    await harness.kernel.runUntilBlocked(runId);
    await harness.mirror.mirror(runId);

    for (const logId of [runId, `${runId}~${first}`, `${runId}~${second}`]) {
      expect(await harness.store.loadRun(logId)).not.toBeNull();
      await assertVerified(logId);
    }
    await terminate(runId);
  });

  test('when an answer came after that point, then the server sends it again, and it stands in the new log too', async () => {
    const runId = await answeredOnce();
    await harness.mirror.mirror(runId);
    const old = await textsOf(runId);

    await reset(runId, 2);
    await until(async () => (await harness.kernel.log(runId)).length === old.length);
    const report = await harness.mirror.mirror(runId);

    expect(await textsOf(report.runId)).toEqual(old);
    await assertVerified(report.runId);
    await terminate(runId);
  });

  test('when an answer and a signal after it are sent again, then they stand in the new log in that order, and a replay has it so too', async () => {
    const runId = await answeredOnce();
    await harness.client.workflow.getHandle(runId).signal('resume', 'by signal');
    await harness.kernel.runUntilBlocked(runId);
    await harness.mirror.mirror(runId);
    const old = await textsOf(runId);

    await reset(runId, 2);
    await harness.kernel.runUntilBlocked(runId);
    const report = await harness.mirror.mirror(runId);

    // The first answer, and behind it what was the second: it came before anything was asked again.
    const branch = await textsOf(report.runId);
    expect(branch.slice(0, 4)).toEqual(old.slice(0, 4));
    expect(branch[4]).toContain('"by signal"');
    const replay = new LogReplay(await harness.replayWorker());
    expect(await harness.mirror.verify(report.runId, { replay })).toMatchObject({ ok: true, problems: [] });
    await terminate(runId);
  });

  test('when it had continued as new, then a reset of an earlier execution goes its own way from there', async () => {
    const notes = Array.from({ length: 8 }, (_, n) => ({ call: 'echo', input: n }) as const);
    const runId = await harness.play(playing(...notes, { ask: 'and now?' }), { continueAfterEvents: 20 });
    harness.forget(runId);
    await harness.kernel.runUntilBlocked(runId);
    const { executionId: last } = await harness.mirror.mirror(runId);
    const [, second] = await executions(runId);
    expect(second).toBeDefined();

    const made = await reset(runId, 1, second);
    await harness.kernel.runUntilBlocked(runId);
    const report = await harness.mirror.mirror(runId);

    expect(report.runId).toBe(`${runId}~${made}`);
    expect(report.executionId).not.toBe(last);
    expect(await harness.store.loadRun(report.runId)).toMatchObject({ branch: { baseExecutionId: second } });
    const [old, branch] = [await textsOf(runId), await textsOf(report.runId)];
    expect(branch).toEqual(old);
    await assertVerified(runId);
    await assertVerified(report.runId);
    await terminate(runId);
  });

  test('when the client reads it, then it reads the future that goes on', async () => {
    const runId = await answeredOnce();
    await harness.mirror.mirror(runId);
    await reset(runId, 1);
    await harness.kernel.runUntilBlocked(runId);
    await harness.mirror.mirror(runId);

    const log = await harness.kernel.log(runId);
    expect(log.map(({ event }) => event.type)).toEqual(['ActionRequested', 'ActionSucceeded', 'Interrupted']);
    const state: Json = await harness.kernel.state(runId);
    expect(await harness.kernel.replay(runId)).toEqual(state);
    expect(await harness.kernel.replayFromSnapshot(runId)).toEqual(state);
    await terminate(runId);
  });
});

describe('given a workflow id that is used again', () => {
  const again = async (runId: string): Promise<void> => {
    await harness.client.workflow.start('player', {
      workflowId: runId,
      taskQueue: harness.taskQueue,
      args: [playing({ note: 'again' }, { ask: 'again?' })],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    });
    await harness.kernel.runUntilBlocked(runId);
  };

  test('when it is mirrored, then the second run has a log of its own, and the first one stays', async () => {
    const runId = await harness.play(playing({ note: 'once' }));
    harness.forget(runId);
    await harness.kernel.runUntilBlocked(runId);
    await harness.mirror.mirror(runId);
    const first = await textsOf(runId);
    await again(runId);

    const report = await harness.mirror.mirror(runId);

    expect(report).toMatchObject({
      runId: `${runId}~${report.executionId}`,
      head: 2,
      branch: { type: 'reused', of: runId },
    });
    expect(await textsOf(runId)).toEqual(first);
    await assertVerified(runId);
    await assertVerified(report.runId);
    await terminate(runId);
  });
});

describe('given a child run', () => {
  test('when it is mirrored, then its record names the parent', async () => {
    const child = JSON.parse(JSON.stringify(playing({ note: 1 }))) as { script: [] };
    const runId = await harness.play(playing({ call: 'novice', input: child }));
    await harness.kernel.runUntilBlocked(runId);
    const { executionId } = await harness.mirror.mirror(runId);
    await harness.mirror.mirror(`${runId}-1`);

    expect(await harness.store.loadRun(`${runId}-1`)).toMatchObject({
      program: 'novice',
      parent: { runId, executionId },
    });
    expect(await harness.store.loadRun(runId)).toMatchObject({ parent: null });
    await harness.checkRuns();
  });
});

async function executions(runId: string): Promise<string[]> {
  const store = new MemoryStore();
  await new Mirror({ client: harness.client, programs: PROGRAMS, store }).mirror(runId);
  return [...new Set((await store.scanLog(runId, 1)).map(({ origin }) => origin.executionId))];
}
