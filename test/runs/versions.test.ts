/** A program that changes while it has runs: each run keeps the version that it began with. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { Mirror } from '../../src/mirror';
import { MemoryStore } from '../../src/stores';
import { improved } from '../support/improved';
import { RunHarness } from '../support/run-harness';
import { until } from '../support/until';

const [FIRST, SECOND, BOTH] = ['first', 'second', 'improved'].map((name) =>
  require.resolve(`../support/workflows-${name}`),
);

let harness: RunHarness;

beforeAll(async () => {
  harness = await RunHarness.open({ programs: [improved(1), improved(2)], replayedBy: BOTH!, stickyTimeoutMs: 500 });
});
afterEach(async () => {
  await harness.checkRuns();
  await harness.stopWorker();
});
afterAll(() => harness.close());

async function start(): Promise<string> {
  const runId = harness.newRunId();
  await harness.kernel.start('improved', { runId, initialState: {} });
  return runId;
}

/** Answers until the run asks no more. */
async function answerAll(runId: string): Promise<void> {
  while ((await harness.kernel.runUntilBlocked(runId)).status === 'blocked') {
    await harness.kernel.resume(runId, 'yes');
  }
}

const doneBy = async (runId: string): Promise<unknown> => await harness.kernel.state(runId);

test('given a run of the first version, when a worker has both, then the run ends as it began, and a new one is new', async () => {
  await harness.startWorker(FIRST);
  const old = await start();
  await harness.kernel.runUntilBlocked(old);
  await harness.stopWorker();

  await harness.startWorker(BOTH);
  const recent = await start();
  await answerAll(old);
  await answerAll(recent);

  expect(await harness.kernel.status(old)).toMatchObject({ version: 1 });
  expect(await doneBy(old)).toMatchObject({ done: ['hello Ada'] });
  expect(await harness.kernel.status(recent)).toMatchObject({ version: 2 });
  expect(await doneBy(recent)).toMatchObject({ done: ['hello Ada', 'hello Alan'] });
});

test('given a run of the first version, when a worker has only the second, then the run waits for one that has the first', async () => {
  await harness.startWorker(FIRST);
  const runId = await start();
  await harness.kernel.runUntilBlocked(runId);
  await harness.stopWorker();

  await harness.startWorker(SECOND);
  await harness.client.workflow.getHandle(runId).signal('resume', 'yes');
  await expect(harness.kernel.runUntilBlocked(runId)).rejects.toMatchObject({
    code: 'ProgramBroken',
    message: expect.stringContaining('an earlier version of improved than this worker has (2)') as string,
  });
  await harness.stopWorker();

  await harness.startWorker(BOTH);
  // The task that failed may still be among the last events for a while.
  await until(async () => (await harness.kernel.status(runId).catch(() => null))?.status.status === 'completed');
});

test('given a run that continues as new, then it keeps its version', async () => {
  await harness.startWorker(BOTH);
  const runId = harness.newRunId();
  await harness.kernel.start('improved', { runId, initialState: {}, continueAfterEvents: 20 });
  await answerAll(runId);

  expect(await harness.kernel.status(runId)).toMatchObject({ version: 2 });
});

test('given a mirror that has another version only, then it says which one it needs, and writes nothing', async () => {
  await harness.startWorker(BOTH);
  const runId = await start();
  await harness.kernel.runUntilBlocked(runId);

  const store = new MemoryStore();
  const mirror = new Mirror({ client: harness.client, programs: [improved(1)], store });
  await expect(mirror.mirror(runId)).rejects.toMatchObject({
    code: 'UnknownProgramVersion',
    message: expect.stringContaining('version 2 of improved is not known here (known: 1)') as string,
  });
  expect(await store.loadRun(runId)).toBeNull();
});

test('given a run in the Web UI, then its change version says which version it is', async () => {
  await harness.startWorker(BOTH);
  const runId = await start();
  await harness.kernel.runUntilBlocked(runId);

  const { typedSearchAttributes } = await harness.client.workflow.getHandle(runId).describe();
  const changeVersion = defineSearchAttributeKey('TemporalChangeVersion', 'KEYWORD_LIST');
  expect(typedSearchAttributes.get(changeVersion)).toEqual(['improved@2']);
});
