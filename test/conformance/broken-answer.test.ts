/** An answer over which the program fails: by the update it is not taken, and whoever gave it is told why. */
import { RunHarness } from '../support/run-harness';
import { listener } from './listener';

/** The server tries the task again before it gives the answer up. */
jest.setTimeout(120_000);

const WORKFLOWS = require.resolve('./listener-workflows');

let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.open({ programs: [listener], replayedBy: WORKFLOWS });
  await harness.startWorker(WORKFLOWS);
});
afterEach(() => harness.checkRuns());
afterAll(() => harness.close());

test('given a program that fails over an answer, then it is not in the log, and whoever answered is told what failed', async () => {
  const runId = harness.newRunId();
  await harness.kernel.start(listener, { runId, initialState: {} });
  expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({ status: 'blocked' });

  await expect(harness.kernel.resume(runId, 'well')).rejects.toMatchObject({
    code: 'ProgramBroken',
    message: expect.stringMatching(/can't take the answer: .*that hurt\. Nothing is lost/) as string,
  });

  expect(await harness.mirror.mirror(runId)).toMatchObject({ head: 1, closed: null });
  expect(await harness.mirror.verify(runId)).toMatchObject({ ok: true });
  // Nobody can ask a program that fails: the mirrored log is the one that there is.
  harness.forget(runId);
  await harness.client.workflow.getHandle(runId).terminate();
});
