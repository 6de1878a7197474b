/** Verification's third check: Temporal's own replay of the real workflow code, on histories of every length and at any moment. */
import { LogReplay } from '../../src/mirror';
import { bundleOf } from '../support/bundle';
import { playing, type Line } from '../support/player';
import { RunHarness } from '../support/run-harness';

// One of the tests bundles workflows of its own.
jest.setTimeout(120_000);

let harness: RunHarness;
let replay: LogReplay;
beforeAll(async () => {
  harness = await RunHarness.open();
  await harness.startWorker();
  replay = new LogReplay(await harness.replayWorker());
});
afterAll(() => harness.close());

const echoes = (count: number): Line[] => Array.from({ length: count }, (_, input) => ({ call: 'echo', input }));

test('given a run over several executions, then one worker replays them all, and they verify', async () => {
  const runId = await harness.play(playing(...echoes(12)), { continueAfterEvents: 20 });
  await harness.kernel.runUntilBlocked(runId);
  const { head } = await harness.mirror.mirror(runId);

  const verdict = await harness.mirror.verify(runId, { replay });

  expect(verdict).toMatchObject({ ok: true, head, problems: [] });
  expect(verdict.checks).toContain('replay');
});

test('given a run whose next task nobody has answered, then what it has answered verifies', async () => {
  const runId = await harness.play(playing({ ask: 'go on?' }, { note: 'after' }));
  await harness.kernel.runUntilBlocked(runId);
  await harness.stopWorker();
  await harness.kernel.signal(runId, 'stranger', 'yes');
  const { head } = await harness.mirror.mirror(runId);

  expect(await harness.mirror.verify(runId, { replay })).toMatchObject({ ok: true, head, problems: [] });

  await harness.client.workflow.getHandle(runId).terminate();
  await harness.mirror.mirror(runId);
  expect(await harness.mirror.verify(runId, { replay })).toMatchObject({ ok: true, head, problems: [] });
  await harness.startWorker();
});

test('given other workflow code than the run was made with, then the verdict says so', async () => {
  const runId = await harness.play(playing({ call: 'echo', input: 1 }));
  await harness.kernel.runUntilBlocked(runId);
  await harness.mirror.mirror(runId);
  const workflowBundle = await bundleOf(require.resolve('../support/workflows-first'));

  const { ok, problems } = await harness.mirror.verify(runId, {
    replay: new LogReplay({ ...(await harness.replayWorker()), workflowBundle }),
  });

  expect(ok).toBe(false);
  expect(problems[0]).toMatchObject({
    seq: 1,
    reason: expect.stringContaining("Temporal's replay of execution") as string,
  });
});
