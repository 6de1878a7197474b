/**
 * What scenarios about stores and other writers come to on Temporal, where a run's log is its history: two workers can't both
 * write it, and what somebody does to a mirrored log changes no run.
 */
import { NativeConnection, Worker } from '@temporalio/worker';
import { KernelError, type Event, type LogStore } from '../../src/kernel';
import { Mirror } from '../../src/mirror';
import { KernelPlugin } from '../../src/plugin';
import { MemoryStore } from '../../src/stores';
import { BUNDLE_ENV, DEV_SERVER_ENV, fromSetup } from '../support/environment';
import { playing } from '../support/player';
import { PROGRAMS, RunHarness } from '../support/run-harness';

const FORGED: Event = { type: 'StateUpdated', stepId: 'forged', payload: { forged: true } };

let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.open({ maxCachedWorkflows: 0 });
  await harness.startWorker();
});
afterEach(() => harness.checkRuns());
afterAll(() => harness.close());

const mirrorInto = (store: LogStore): Mirror => new Mirror({ client: harness.client, programs: PROGRAMS, store });

test('given two workers that both go on with one run, then nothing is done twice and no id is used twice', async () => {
  const native = await NativeConnection.connect({ address: fromSetup(DEV_SERVER_ENV) });
  const other = await Worker.create({
    connection: native,
    taskQueue: harness.taskQueue,
    workflowBundle: { codePath: fromSetup(BUNDLE_ENV) },
    plugins: [new KernelPlugin({ programs: PROGRAMS })],
    maxCachedWorkflows: 0,
  });
  await other.runUntil(async () => {
    const runId = await harness.play(playing(...Array.from({ length: 20 }, (_, input) => ({ call: 'echo', input }))));

    expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });

    const log = await harness.kernel.log(runId);
    const requested = log.flatMap(({ event }) => (event.type === 'ActionRequested' ? [event.actionId] : []));
    expect(requested).toEqual(Array.from({ length: 20 }, (_, index) => `${runId}-${2 * index + 1}`));
    expect(log).toHaveLength(41);
    const { events } = await harness.client.workflow.getHandle(runId).fetchHistory();
    const identities = events!.flatMap(({ workflowTaskCompletedEventAttributes: done }) => done?.identity ?? []);
    expect(identities.length).toBeGreaterThan(20);
  });
  await native.close();
});

test('given a store that fails at every write, then the run does not hear of it, and a later mirror has all of it', async () => {
  const runId = await harness.play(playing({ note: 1 }, { ask: 'go on?' }));
  await harness.kernel.runUntilBlocked(runId);
  const failing = new MemoryStore();
  failing.writeStep = () => Promise.reject(new KernelError('EventStore', 'the disk is full'));
  await expect(mirrorInto(failing).mirror(runId)).rejects.toMatchObject({ code: 'EventStore' });

  await harness.kernel.resume(runId, 'yes');

  expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
  expect(await mirrorInto(new MemoryStore()).mirror(runId)).toMatchObject({ head: 4, closed: 'completed' });
});

test('given a mirrored log, when somebody appends to it, then that is refused and the log stands', async () => {
  const runId = await harness.play(playing({ ask: 1 }));
  await harness.kernel.runUntilBlocked(runId);
  const store = new MemoryStore();
  await mirrorInto(store).mirror(runId);

  await expect(store.append(runId, [FORGED])).rejects.toMatchObject({ code: 'RunAlreadyStarted' });

  await harness.kernel.resume(runId, 'yes');
  await harness.kernel.runUntilBlocked(runId);
  expect(await mirrorInto(store).mirror(runId)).toMatchObject({ head: 3, closed: 'completed' });
  expect(await mirrorInto(store).verify(runId)).toMatchObject({ ok: true });
});

test('given a log that somebody wrote before the run, then the mirror refuses it and the run is as its history says', async () => {
  const runId = await harness.play(playing({ note: 1 }));
  await harness.kernel.runUntilBlocked(runId);
  const store = new MemoryStore();
  await store.append(runId, [FORGED]);

  await expect(mirrorInto(store).mirror(runId)).rejects.toBeInstanceOf(KernelError);

  expect(await store.scan(runId, 1)).toEqual([{ seq: 1, event: FORGED }]);
  expect(await harness.kernel.state(runId)).toMatchObject({ notes: [1] });
});

test.each([
  ['of another state', 1],
  ['beyond the log', 99],
])('given a snapshot %s, then the run does not read it, and verification names it', async (_, atSeq) => {
  const runId = await harness.play(playing({ ask: 1 }));
  await harness.kernel.runUntilBlocked(runId);
  const store = new MemoryStore();
  await mirrorInto(store).mirror(runId);
  await store.save({ runId, atSeq, state: { forged: true } });

  await harness.kernel.resume(runId, 'yes');

  expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
  expect(await harness.kernel.state(runId)).toMatchObject({ answers: ['yes'] });
  const { ok, problems } = await mirrorInto(store).verify(runId);
  expect(ok).toBe(false);
  expect(problems.map(({ reason }) => reason)).toContain(
    `the snapshot at ${atSeq} is not the state after entry ${atSeq}`,
  );
});

test('given a run that was denied an action, then it has ended, and an answer is refused', async () => {
  const runId = await harness.play(playing({ note: 1 }, { call: 'forbidden' }));
  expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({ status: 'denied' });

  await expect(harness.kernel.resume(runId, 'yes')).rejects.toMatchObject({ code: 'RunFinished' });
  expect(await harness.kernel.log(runId)).toHaveLength(1);
});
