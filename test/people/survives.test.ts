/**
 * A run with children and approvals whose worker and whose server are killed between any two steps of its story. It comes to what its
 * twin comes to: a run of the same id, on another server, that nobody disturbs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isKernelError } from '../../src/kernel';
import { executionsOf } from '../../src/runs/execution-chain';
import { Fleet, workerFiles } from '../chaos/fleet';
import { MortalServer } from '../chaos/mortal-server';
import { lossesOf, outcomeOf } from '../chaos/outcome';
import { persistently } from '../chaos/persistently';
import { Clerks, CLERKS_SOURCES } from '../support/clerks';
import { RunHarness } from '../support/run-harness';
import { wrongIn } from './random-errands';
import { childrenIn, KINDS, STORY, vote, type Vote } from './survivors-story';

/** How a vote is refused that counted already, when it is given as a new one. */
const REFUSALS: readonly string[] = ['AlreadyVoted', 'InterruptNotPending', 'RunFinished'];

let directory: string;
let server: MortalServer;
let survivors: RunHarness;
let fleet: Fleet;
let twins: Clerks;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-survives-'));
  server = await MortalServer.start(join(directory, 'server.db'));
  survivors = await RunHarness.open({ connections: await server.connections() });
  const files = await workerFiles(directory, CLERKS_SOURCES);
  fleet = new Fleet(files, { address: server.address, taskQueue: survivors.taskQueue }, 1);
  twins = await Clerks.atWork();
  await fleet.oneReady();
}, 120_000);
afterAll(async () => {
  await fleet.close();
  await survivors.close();
  await server.stop();
  await twins.harness.close();
  rmSync(directory, { recursive: true });
});

/** Whoever voted last has heard nothing, and says it again; and then once more, as something new. */
async function repeated(said: Vote): Promise<string> {
  try {
    await vote(survivors, said);
    await vote(survivors, { ...said, id: `${said.id}-as-new` });
  } catch (error) {
    if (isKernelError(error)) return error.code;
    throw error;
  }
  return 'taken';
}

/** How often history says that each activity was scheduled, and how often that it was done. */
async function timesOf({ client }: RunHarness, runId: string): Promise<ReadonlyMap<string, readonly [number, number]>> {
  const times = new Map<string, readonly [number, number]>();
  for (const executionId of await executionsOf(client, runId)) {
    const { events } = await client.workflow.getHandle(runId, executionId).fetchHistory();
    const ids = new Map<string, string>();
    for (const event of events ?? []) {
      const { activityTaskScheduledEventAttributes: begun, activityTaskCompletedEventAttributes: done } = event;
      const id = begun?.activityId ?? (done == null ? null : ids.get(String(done.scheduledEventId)));
      if (id == null) continue;
      if (begun != null) ids.set(String(event.eventId), id);
      const [scheduled, completed] = times.get(id) ?? [0, 0];
      times.set(id, begun == null ? [scheduled, completed + 1] : [scheduled + 1, completed]);
    }
  }
  return times;
}

test('given a run with two children and three approvals, when the worker and the server are killed between any two steps, then it comes to what its undisturbed twin comes to', async () => {
  const runId = twins.harness.newRunId('survivor');
  const startedMs = Date.now();
  for (const { tell } of STORY) await tell(twins.harness, runId);

  for (const [index, { name, tell }] of STORY.entries()) {
    const said = await tell(survivors, runId);
    if (index === STORY.length - 1) break;
    if (index % 2 === 0) await server.kill();
    await fleet.kill(0);
    await fleet.oneReady();
    if (index % 2 === 1) await server.kill();
    if (said !== null)
      expect({ name, refused: REFUSALS.includes(await repeated(said)) }).toEqual({ name, refused: true });
  }

  const children = childrenIn(await persistently(() => survivors.kernel.log(runId)));
  const lost = { tasks: 0, attempts: 0 };
  for (const [index, id] of [runId, ...children].entries()) {
    const came = await outcomeOf(survivors, id);
    expect(came).toEqual(await outcomeOf(twins.harness, id));
    expect(came.end).toBe('COMPLETED: {"status":"completed"}');
    const log = (await survivors.kernel.log(id)).map(({ eventIndex: seq, event }) => ({ seq, event }));
    expect(log.map(({ event }) => event.type)).toEqual(KINDS[index]);
    expect(wrongIn(log)).toEqual([]);
    expect([...(await timesOf(survivors, id)).values()]).toEqual([[1, 1]]);
    const { tasks, attempts } = await lossesOf(survivors, id);
    lost.tasks += tasks;
    lost.attempts += attempts;
    survivors.watch(id);
  }
  expect(children).toHaveLength(2);
  expect(fleet.failures).toEqual([]);
  await survivors.checkRuns();
  process.stderr.write(
    `${STORY.length - 1} kills of the worker and the server in ${((Date.now() - startedMs) / 1_000).toFixed(1)} s: ` +
      `${lost.tasks} workflow tasks and ${lost.attempts} attempts were lost\n`,
  );
}, 240_000);
