/** Child runs: a tool that is another program. The child has a log of its own, and the parent's log vouches for it. */
import type { z } from 'zod';
import { endlessAtWork, playing } from '../support/player';
import { RunHarness } from '../support/run-harness';
import { until } from '../support/until';

describe.each([
  ['with a cache', {}],
  ['without a cache', { maxCachedWorkflows: 0 }],
])('child runs on a worker %s', (_, options) => {
  let harness: RunHarness;
  beforeAll(async () => {
    harness = await RunHarness.open(options);
    await harness.startWorker();
  });
  afterEach(() => harness.checkRuns());
  afterAll(() => harness.close());

  async function playWithChild(...lines: Parameters<typeof playing>): Promise<{ runId: string; childId: string }> {
    const runId = await harness.play(playing({ call: 'novice', input: asJson(playing(...lines)) }, { note: 'after' }));
    const childId = `${runId}-1`;
    harness.watch(childId);
    return { runId, childId };
  }

  const lastEvent = async (runId: string): Promise<unknown> => (await harness.kernel.log(runId)).at(-1)?.event;

  test('given a child that completes, then the call gives its state and the hash of its log', async () => {
    const { runId, childId } = await playWithChild({ call: 'echo', input: 'x' }, { note: 1 });

    expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });

    const childLog = await harness.kernel.log(childId);
    expect((await harness.kernel.log(runId))[1]?.event).toMatchObject({
      type: 'ActionSucceeded',
      actionId: childId,
      output: { runId: childId, head: 4, hash: childLog.at(-1)?.hash, state: { results: ['x'], notes: [1] } },
    });
  });

  test('given a child that asks, when it is answered, then the parent goes on', async () => {
    const { runId, childId } = await playWithChild({ ask: 'sure?' });
    await until(async () => (await harness.kernel.status(childId).catch(() => null))?.status.status === 'blocked');

    expect(await harness.kernel.status(runId)).toMatchObject({ status: { status: 'running' } });
    await harness.kernel.resume(childId, 'yes');

    expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
  });

  test('given a child that fails, then the call has failed, and says why', async () => {
    const { runId, childId } = await playWithChild({ call: 'failing', input: { message: 'out of tea' } });

    expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('out of tea') as string,
    });
    expect(await lastEvent(runId)).toMatchObject({ type: 'ActionFailed', actionId: childId });
  });

  test('given a child that is terminated, then the call has failed', async () => {
    const { runId, childId } = await playWithChild({ ask: 'sure?' });
    await until(async () => (await harness.kernel.status(childId).catch(() => null))?.status.status === 'blocked');
    await harness.client.workflow.getHandle(childId).terminate();

    expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({
      status: 'failed',
      error: 'Executor: the child run was terminated',
    });
  });

  test('given a parent that is cancelled, then its child is cancelled first, and both logs end legally', async () => {
    const { runId, childId } = await playWithChild({ call: 'endless' });
    await until(() => endlessAtWork(`${childId}-1`));

    await harness.kernel.cancel(runId);

    expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'cancelled' });
    expect(await harness.kernel.runUntilBlocked(childId)).toEqual({ status: 'cancelled' });
    expect(await lastEvent(runId)).toEqual({ type: 'ActionFailed', actionId: childId, error: 'cancelled' });
  });

  test('given an input that is no initial state of the child, then the program is broken, and no child is started', async () => {
    const runId = await harness.play(playing({ call: 'novice', input: { script: 'none' } }));
    await expect(harness.kernel.runUntilBlocked(runId)).rejects.toMatchObject({
      code: 'ProgramBroken',
      message: expect.stringContaining('input for tool novice of player') as string,
    });
    await harness.client.workflow.getHandle(runId).terminate();
    harness.forget(runId);
  });

  test('given an id that a stranger took, then the call has failed', async () => {
    const runId = harness.newRunId();
    await harness.client.workflow.start('novice', {
      workflowId: `${runId}-1`,
      taskQueue: harness.taskQueue,
      args: [playing({ ask: 'who is there?' })],
    });
    await harness.kernel.start('player', {
      runId,
      initialState: playing({ call: 'novice', input: asJson(playing()) }),
    });

    expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({
      status: 'failed',
      error: 'Executor: the id of the child run was taken',
    });
  });
});

/** A script as the input of a call. */
function asJson(script: ReturnType<typeof playing>): z.core.util.JSONType {
  return JSON.parse(JSON.stringify(script)) as z.core.util.JSONType;
}
