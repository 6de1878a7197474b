/**
 * What a scenario in which a process dies comes to on Temporal: a worker is killed while it has a tool at work, an action in
 * back-off and a question that waits; another worker goes on with all three.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sequencedEventText } from '../../src/kernel';
import { DEV_SERVER_ENV, fromSetup } from '../support/environment';
import { RunHarness } from '../support/run-harness';
import { until } from '../support/until';
import { Child } from '../worker/child';
import { errand } from './errand';

jest.setTimeout(180_000);

const WORKFLOWS = require.resolve('./errand-workflows');

let harness: RunHarness;
let directory: string;
let second: Child;
const runs = { pay: '', knock: '', ask: '' };

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-worker-death-'));
  harness = await RunHarness.open({ programs: [errand], replayedBy: WORKFLOWS });
  const first = startWorker();
  for (const does of ['pay', 'knock', 'ask'] as const) {
    runs[does] = harness.newRunId(does);
    await harness.kernel.start(errand, { runId: runs[does], initialState: { does, ledger: ledgerOf(does) } });
  }
  await until(() => attemptsOf('pay').length === 1);
  await until(async () => (await pendingAttempt(runs.knock)) === 2);
  expect(await harness.kernel.runUntilBlocked(runs.ask)).toMatchObject({ status: 'blocked' });

  first.kill('SIGKILL');
  await first.ended;
  // Nobody is there to hear it.
  await harness.client.workflow.getHandle(runs.ask).signal('resume', 'yes');
  second = startWorker();
});
afterAll(async () => {
  await harness.checkRuns();
  second.kill('SIGKILL');
  await second.ended;
  await harness.close();
  rmSync(directory, { recursive: true, force: true });
});

test('given a tool at work, then its action is done again under the same id, requested once and paid once', async () => {
  expect(await harness.kernel.runUntilBlocked(runs.pay)).toEqual({ status: 'completed' });

  const actionId = `${runs.pay}-1`;
  expect(attemptsOf('pay')).toEqual([`pay ${actionId} 1`, `pay ${actionId} 2`]);
  expect(await logOf('pay')).toEqual([
    expect.stringContaining(`{"ActionRequested":{"action_id":"${actionId}"`),
    `{"seq":2,"event":{"ActionSucceeded":{"action_id":"${actionId}","output":{"paid":"before"}}}}`,
    '{"seq":3,"event":"Completed"}',
  ]);
});

test('given an action in back-off, then its attempts are counted on, and it is requested once', async () => {
  expect(await harness.kernel.runUntilBlocked(runs.knock)).toMatchObject({ error: 'Executor: nobody opens' });

  const actionId = `${runs.knock}-1`;
  expect(attemptsOf('knock')).toEqual([1, 2, 3].map((attempt) => `knock ${actionId} ${attempt}`));
  expect(await logOf('knock')).toEqual([
    expect.stringContaining(`{"ActionRequested":{"action_id":"${actionId}"`),
    `{"seq":2,"event":{"ActionFailed":{"action_id":"${actionId}","error":"Executor: nobody opens"}}}`,
  ]);
});

test('given an answer that came meanwhile, then it is in the log once, and whoever sends it again is refused', async () => {
  expect(await harness.kernel.runUntilBlocked(runs.ask)).toEqual({ status: 'completed' });

  const again = harness.kernel.resume(runs.ask, 'yes', { interruptId: `${runs.ask}-1` });
  await expect(again).rejects.toMatchObject({ code: 'RunFinished' });
  expect(await logOf('ask')).toEqual([
    '{"seq":1,"event":{"Interrupted":{"value":"go on?"}}}',
    '{"seq":2,"event":{"Resumed":{"value":"yes"}}}',
    '{"seq":3,"event":"Completed"}',
  ]);
});

function startWorker(): Child {
  return Child.worker({
    TEMPORAL_ADDRESS: fromSetup(DEV_SERVER_ENV),
    TEMPORAL_TASK_QUEUE: harness.taskQueue,
    TEMPORAL_KERNEL_PROGRAMS: require.resolve('./errand'),
    TEMPORAL_KERNEL_WORKFLOWS: WORKFLOWS,
  });
}

function ledgerOf(does: keyof typeof runs): string {
  return join(directory, does);
}

function attemptsOf(does: keyof typeof runs): readonly string[] {
  try {
    return readFileSync(ledgerOf(does), 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}

async function logOf(does: keyof typeof runs): Promise<readonly string[]> {
  return (await harness.kernel.log(runs[does])).map(({ eventIndex: seq, event }) => sequencedEventText({ seq, event }));
}

/** The number of the attempt that waits or works. */
async function pendingAttempt(runId: string): Promise<number | null> {
  const { raw } = await harness.client.workflow.getHandle(runId).describe();
  return raw.pendingActivities?.[0]?.attempt ?? null;
}
