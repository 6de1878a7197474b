/** The mirror service against a real server: it finds everything by itself, whatever happened while it did not run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelClient } from '../../src/client';
import { complete, DEFAULT_TENANT, KernelError, type LogStore } from '../../src/kernel';
import { Mirror, MirrorService, type MirrorFailure, type MirrorServiceOptions } from '../../src/mirror';
import { MemoryStore, SqliteStore } from '../../src/stores';
import { logText } from '../support/log-text';
import { novice, playing } from '../support/player';
import { PROGRAMS, type RunHarness } from '../support/run-harness';
import { until } from '../support/until';
import { startOwnServer, type OwnServer } from './service-server';

jest.setTimeout(180_000);

let own: OwnServer;
let harness: RunHarness;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-service-'));
  own = await startOwnServer();
  harness = await own.harness();
  await harness.startWorker();
});
afterAll(async () => {
  await harness.close();
  await own.stop();
  await rm(directory, { recursive: true, force: true });
});

const serviceOf = (store: LogStore, options: Partial<MirrorServiceOptions> = {}): MirrorService =>
  new MirrorService({ client: harness.client, programs: PROGRAMS, store, ...options });

/** Runs a service for as long as something else takes. */
async function whileRunning<T>(service: MirrorService, act: () => Promise<T>): Promise<T> {
  const running = service.run();
  try {
    return await act();
  } finally {
    service.stop();
    await running;
  }
}

async function start(runId: string, ...script: Parameters<typeof playing>): Promise<string> {
  await harness.kernel.start('player', { runId, initialState: playing(...script) });
  return runId;
}

async function completed(runId: string): Promise<string> {
  await start(runId, { call: 'echo', input: 1 });
  await harness.kernel.runUntilBlocked(runId);
  return runId;
}

describe('given a store that is behind', () => {
  test('when a run moves on between two sweeps and nobody says so, then the next sweep makes it good', async () => {
    const runId = await start('unannounced', { ask: 'go on?' });
    await harness.kernel.runUntilBlocked(runId);
    const store = new MemoryStore();
    const service = serviceOf(store, { sweepIntervalMs: 50 });

    await whileRunning(service, async () => {
      await until(async () => (await store.loadRun(runId))?.head === 1);
      await harness.kernel.resume(runId, 'yes');
      await harness.kernel.runUntilBlocked(runId);
      await until(async () => (await store.loadRun(runId))?.head === 3);
    });

    expect(service.metrics()).toMatchObject({ failures: 0, failing: 0, outages: 0, queue: 0 });
    expect(service.metrics().lagMs?.last).toBeGreaterThanOrEqual(0);
  });

  test('when two services fill one file at once, then each log is there once, and verifies', async () => {
    const runIds = await Promise.all(['twice-1', 'twice-2', 'twice-3'].map(completed));
    const path = join(directory, 'two.db');
    const [one, other] = [SqliteStore.open(path), SqliteStore.open(path)];
    const services = [serviceOf(one), serviceOf(other)];

    await Promise.all(services.map((service) => service.catchUp()));

    const counted = services.map((service) => service.metrics());
    const alone = new MemoryStore();
    const mirror = new Mirror({ client: harness.client, programs: PROGRAMS, store: alone });
    for (const runId of runIds) {
      await mirror.mirror(runId);
      expect(logText(await one.scanLog(runId, 1))).toEqual(logText(await alone.scanLog(runId, 1)));
      expect((await mirror.verify(runId)).ok).toBe(true);
    }
    const closed = await own.client.workflow.count(`ExecutionStatus = 'Completed'`);
    expect(counted.reduce((sum, { closed: by }) => sum + by, 0)).toBe(closed.count);
    expect(counted.map(({ failures }) => failures)).toEqual([0, 0]);
    await one.close();
    await other.close();
  });

  test('when an id was used again meanwhile, then both runs have a log', async () => {
    const runId = await completed('again');
    const handle = await harness.client.workflow.start('player', {
      workflowId: runId,
      taskQueue: harness.taskQueue,
      args: [playing({ note: 'again' })],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    });
    await handle.result();
    const store = new MemoryStore();

    await serviceOf(store).catchUp();

    expect(await store.loadRun(runId)).toMatchObject({ head: 3, branch: null });
    expect(await store.loadRun(`${runId}~${handle.firstExecutionRunId}`)).toMatchObject({
      head: 2,
      branch: { type: 'reused', of: runId },
    });
  });
});

describe('given runs that can not be mirrored', () => {
  test('when one has no program here that made it, then it is told of once, and the others are mirrored', async () => {
    const [good, bad] = [await completed('good'), 'bad'];
    // A novice whose history is a player's: it asks for what its program never would.
    const handle = await harness.client.workflow.start('novice', {
      workflowId: bad,
      taskQueue: harness.taskQueue,
      args: [playing({ note: 1 })],
    });
    await handle.result();
    const told: MirrorFailure[] = [];
    const store = new MemoryStore();
    const changed = { ...novice, step: () => complete() };
    const programs = [...PROGRAMS.filter(({ name }) => name !== 'novice'), changed];
    const service = serviceOf(store, { programs, sweepIntervalMs: 20, onFailure: (failure) => told.push(failure) });

    await whileRunning(service, () => until(() => service.metrics().sweeps >= 3 && service.metrics().failures >= 2));

    expect(told.map(({ runId }) => runId)).toEqual([bad]);
    expect(service.failures).toMatchObject([{ runId: bad, reason: told[0]!.reason }]);
    expect(service.metrics()).toMatchObject({ failing: 1 });
    expect(await store.loadRun(good)).toMatchObject({ head: 3 });
    expect(await store.loadRun(bad)).toBeNull();
  });

  test('when its program comes back, then it is mirrored, and fails no more', async () => {
    const runId = 'comes-back';
    await start(runId, { note: 1 });
    await harness.kernel.runUntilBlocked(runId);
    const store = new MemoryStore();
    let isBroken = true;
    const [player] = PROGRAMS as [(typeof PROGRAMS)[number]];
    const reduce: (typeof player)['reduce'] = (...args) => {
      if (isBroken) throw new Error('not yet');
      return player.reduce(...args);
    };
    const service = serviceOf(store, { programs: [{ ...player, reduce }], sweepIntervalMs: 20 });

    await whileRunning(service, async () => {
      await until(() => service.failures.some((failure) => failure.runId === runId));
      isBroken = false;
      await until(async () => (await store.loadRun(runId))?.head === 2);
      await until(() => service.metrics().failing === 0);
    });
  });

  test('when runs are of another tenant, or never began, then they are left alone, and asked for once', async () => {
    const theirs = new KernelClient({
      client: harness.client,
      programs: PROGRAMS,
      taskQueue: harness.taskQueue,
      tenant: 'them',
    });
    await theirs.start('player', { runId: 'theirs', initialState: playing({ note: 1 }) });
    const never = await harness.client.workflow.start('player', {
      workflowId: 'never',
      taskQueue: harness.taskQueue,
      args: [{ script: 'none' }],
    });
    await never.result().catch(() => undefined);
    await theirs.runUntilBlocked('theirs');
    const [ours, others] = [new MemoryStore(DEFAULT_TENANT), new MemoryStore('them')];
    const service = serviceOf(ours, { sweepIntervalMs: 20 });

    await whileRunning(service, () => until(() => service.metrics().sweeps >= 3));
    const report = await serviceOf(others).catchUp();

    expect(service.metrics()).toMatchObject({ skipped: 2, failures: 0 });
    expect(await ours.loadRun('theirs')).toBeNull();
    expect(await others.loadRun('theirs')).toMatchObject({ head: 2 });
    expect(report).toMatchObject({ runs: 1, failures: 0 });
  });
});

describe('given a store that does not answer for a while', () => {
  test('when it answers again, then nothing is lost, and the outage was told of once', async () => {
    const runId = await completed('outage');
    const store = new MemoryStore();
    let isDown = true;
    const failing: LogStore = Object.assign(Object.create(store) as LogStore, {
      tenant: store.tenant,
      loadRun: (id: string) => store.loadRun(id),
      loadLatest: (id: string) => store.loadLatest(id),
      scanLog: (id: string, from: number) => store.scanLog(id, from),
      writeStep: (step: Parameters<LogStore['writeStep']>[0]) => {
        if (isDown) throw new KernelError('EventStore', 'the disk is full');
        return store.writeStep(step);
      },
    });
    const outages: string[] = [];
    const service = serviceOf(failing, { onOutage: ({ reason }) => outages.push(reason) });

    await whileRunning(service, async () => {
      await until(() => service.metrics().outages === 1 && service.metrics().looks >= 2);
      isDown = false;
      await until(async () => (await store.loadRun(runId)) !== null);
      await until(() => service.metrics().queue === 0);
    });

    expect(outages).toEqual(['EventStore error: the disk is full']);
    expect(service.failures).toEqual([]);
  });
});

describe('given a queue that is full', () => {
  test('when runs are asked for, then what does not fit is counted, and a sweep makes it good', async () => {
    const runIds = await Promise.all(['full-1', 'full-2', 'full-3'].map(completed));
    const store = new MemoryStore();
    const service = serviceOf(store, { queueMax: 2, concurrency: 1 });

    for (const runId of runIds) service.wake(runId);
    expect(service.metrics()).toMatchObject({ dropped: 1, queue: 2 });
    await service.catchUp();

    for (const runId of runIds) expect(await store.loadRun(runId)).toMatchObject({ head: 3 });
  });
});
