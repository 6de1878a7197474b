/** A program that breaks: the workflow task fails, nothing is lost, and a worker with the mended program goes on. */
import { apprentice } from '../support/apprentice';
import { RunHarness } from '../support/run-harness';

const MENDED = require.resolve('../support/workflows-mended');

describe.each([
  [
    'asks for a tool that it does not define',
    'workflows-toolless',
    'asked for the tool "hammer", but it defines no tools',
    0,
  ],
  ['reads the clock in reduce', 'workflows-clocked', 'reduce called Date.now()', 1],
])('given a program that %s', (_, broken, reason, head) => {
  let harness: RunHarness;
  beforeAll(async () => {
    harness = await RunHarness.open({ programs: [apprentice('mended')], replayedBy: MENDED, stickyTimeoutMs: 500 });
  });
  afterEach(() => harness.checkRuns());
  afterAll(() => harness.close());

  test('when it runs, then the error says why; and when it is mended, then the run goes on', async () => {
    const runId = harness.newRunId();
    await harness.startWorker(require.resolve(`../support/${broken}`));
    await harness.kernel.start('apprentice', { runId, initialState: {} });

    await expect(harness.kernel.runUntilBlocked(runId)).rejects.toMatchObject({
      code: 'ProgramBroken',
      message: expect.stringContaining(reason) as string,
    });
    expect(await harness.mirror.mirror(runId)).toMatchObject({ head, closed: null });

    await harness.stopWorker();
    await harness.startWorker(MENDED);

    let status = await harness.kernel.runUntilBlocked(runId).catch((error: unknown) => error);
    while (status instanceof Error)
      status = await harness.kernel.runUntilBlocked(runId).catch((error: unknown) => error);
    expect(status).toEqual({ status: 'completed' });
    expect(await harness.mirror.mirror(runId)).toMatchObject({ head: 3, closed: 'completed' });
    expect(await harness.mirror.verify(runId)).toMatchObject({ ok: true });
  });
});
