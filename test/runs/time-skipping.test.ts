/** Time that nobody waits for: runs on the time-skipping test server, one environment and one test at a time. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { playing } from '../support/player';
import { fromSetup, TIME_SKIPPING_ENV } from '../support/environment';
import { quietRuntime, RunHarness } from '../support/run-harness';

const DAY_MS = 24 * 3_600_000;

describe('given a run that sleeps for a day', () => {
  let environment: TestWorkflowEnvironment;
  let harness: RunHarness;

  beforeAll(async () => {
    quietRuntime();
    environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: fromSetup(TIME_SKIPPING_ENV) } },
    });
    harness = await RunHarness.open({
      connections: {
        client: environment.client,
        native: environment.nativeConnection,
        close: () => environment.teardown(),
      },
    });
    await harness.startWorker();
  });
  afterEach(() => harness.checkRuns());
  afterAll(() => harness.close());

  test('when time is skipped, then it wakes a day later by the server clock', async () => {
    const runId = await harness.play(playing({ sleep: DAY_MS }, { call: 'echo', input: 'awake' }));

    await environment.client.workflow.getHandle(runId).result();

    await harness.mirror.mirror(runId);
    const [asleep, awake] = await harness.store.scanLog(runId, 1);
    expect(awake!.event).toEqual({ type: 'ActionSucceeded', actionId: `${runId}-1`, output: null });
    expect(awake!.origin.timeMs - asleep!.origin.timeMs).toBeGreaterThanOrEqual(DAY_MS);
  });
});
