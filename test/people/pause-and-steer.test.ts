/** Pausing and steering a run on a real server. Every run's three logs are compared. */
import { endlessAtWork } from '../support/player';
import { Clerks } from '../support/clerks';
import { until } from '../support/until';

describe.each([
  ['with a cache', {}],
  ['without a cache', { maxCachedWorkflows: 0 }],
])('on a worker %s', (_, options) => {
  let clerks: Clerks;
  beforeAll(async () => {
    clerks = await Clerks.atWork(options);
  });
  afterEach(() => clerks.harness.checkRuns());
  afterAll(() => clerks.harness.close());

  test('given a run at work, when it is paused and steered, then it stops behind the action, and goes on with the message when it may', async () => {
    const runId = await clerks.run([
      { call: 'slow', input: { millis: 1_000 } },
      { call: 'echo', input: 'after' },
    ]);
    await until(async () => (await clerks.kernel.status(runId)).head === 1);

    await clerks.kernel.pause(runId, { by: 'ann', reason: 'lunch' });
    await expect(clerks.kernel.pause(runId)).rejects.toMatchObject({ code: 'AlreadyPaused' });
    await clerks.kernel.steer(runId, 'be quick', { by: 'bob' });

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'paused', by: 'ann', reason: 'lunch' });
    expect(await clerks.heard(runId)).toEqual([{ did: 1_000 }, { message: 'be quick' }]);
    await clerks.kernel.steer(runId, 'very quick');
    await clerks.kernel.unpause(runId, { by: 'ann' });
    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect(await clerks.heard(runId)).toEqual([
      { did: 1_000 },
      { message: 'be quick' },
      { message: 'very quick' },
      { did: 'after' },
    ]);
    await expect(clerks.kernel.unpause(runId)).rejects.toMatchObject({ code: 'RunFinished' });
  });

  test('given a run that asks, when it is paused by a signal, then it takes the answer first, and stops behind it', async () => {
    const runId = await clerks.run([{ ask: 'sure?' }, { ask: 'really?' }]);
    await clerks.blocked(runId);
    const handle = clerks.harness.client.workflow.getHandle(runId);

    await handle.signal('pause', { by: 'ann' });
    await clerks.kernel.resume(runId, 'yes');
    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'paused', by: 'ann', reason: null });
    await handle.signal('unpause');
    await clerks.blocked(runId);
    await clerks.kernel.resume(runId, 'yes');

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
  });

  test('given a paused run, when it is cancelled, then it ends; what was paused and unpaused before it mattered leaves no trace', async () => {
    const runId = await clerks.run([{ ask: 'sure?' }, { ask: 'really?' }]);
    await clerks.blocked(runId);
    await clerks.kernel.pause(runId);
    await clerks.kernel.unpause(runId);
    await expect(clerks.kernel.unpause(runId)).rejects.toMatchObject({ code: 'NotPaused' });
    await clerks.kernel.resume(runId, 'yes');
    await clerks.blocked(runId);
    expect(await clerks.heard(runId)).toEqual([{ answer: 'yes' }]);

    await clerks.kernel.pause(runId);
    await clerks.kernel.resume(runId, 'yes');
    expect(await clerks.kernel.runUntilBlocked(runId)).toMatchObject({ status: 'paused' });
    await clerks.kernel.cancel(runId);

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'cancelled' });
  });

  test('given a message that breaks the schema, or one that is sent twice, then it is refused, or counts once', async () => {
    const runId = await clerks.run([{ call: 'endless' }]);
    await until(() => endlessAtWork(`${runId}-1`));

    await expect(clerks.kernel.steer(runId, 17)).rejects.toMatchObject({ code: 'InvalidSteering' });
    await clerks.kernel.steer(runId, { say: 'hello' }, { id: 'm1' });
    await clerks.kernel.steer(runId, { say: 'hello' }, { id: 'm1' });
    await clerks.kernel.cancel(runId);

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'cancelled' });
  });

  test('given a message between an approval and its action, then the approval is asked for again', async () => {
    const runId = await clerks.run([{ call: 'pay', input: { amount: 500 } }]);
    const { id } = await clerks.blocked(runId);

    await clerks.kernel.steer(runId, 'wait, is that right?');
    await clerks.kernel.resume(runId, 'approve');

    expect((await clerks.blocked(runId)).id).not.toBe(id);
    expect(await clerks.heard(runId)).toEqual([{ message: 'wait, is that right?' }]);
    await clerks.kernel.resume(runId, 'approve');
    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
  });
});
