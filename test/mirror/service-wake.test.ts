/** The mirror inside a worker: it is woken by what runs do, and no run depends on it. */
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { KernelClient } from '../../src/client';
import { MirrorService } from '../../src/mirror';
import { MemoryStore } from '../../src/stores';
import { createWorker, type KernelWorkerOptions } from '../../src/worker';
import { KernelPlugin, type WorkersMirror } from '../../src/plugin';
import { BUNDLE_ENV, fromSetup } from '../support/environment';
import { player, playing } from '../support/player';
import { until } from '../support/until';
import { startOwnServer, type OwnServer } from './service-server';

jest.setTimeout(120_000);

/** Sweeps are out of the way: what comes into the store comes by a wake-up. */
const NEVER_MS = 3_600_000;

let own: OwnServer;
let bundle: WorkflowBundleWithSourceMap;
let queues = 0;

beforeAll(async () => {
  own = await startOwnServer();
  const mirror: WorkersMirror = { wake: () => undefined, run: () => Promise.resolve(), stop: () => undefined };
  bundle = await bundleWorkflowCode({
    workflowsPath: require.resolve('./service-workflows'),
    plugins: [new KernelPlugin({ programs: [], mirror })],
    logger: new DefaultLogger('WARN'),
  });
});
afterAll(() => own.stop());

interface Play {
  readonly kernel: KernelClient;
  readonly start: (...script: Parameters<typeof playing>) => Promise<string>;
}

/** Runs a worker with a mirror for as long as something else takes. */
async function withWorker(options: Partial<KernelWorkerOptions>, act: (play: Play) => Promise<void>): Promise<void> {
  queues += 1;
  const taskQueue = `wake-${queues}`;
  const worker = await createWorker({
    programs: [player],
    connection: own.native,
    namespace: own.server.namespace,
    taskQueue,
    workflowBundle: bundle,
    ...options,
  });
  const kernel = new KernelClient({ client: own.client, programs: [player], taskQueue });
  let runs = 0;
  const start: Play['start'] = async (...script) => {
    runs += 1;
    return (await kernel.start(player, { runId: `${taskQueue}-${runs}`, initialState: playing(...script) })).runId;
  };
  await worker.runUntil(act({ kernel, start }));
}

describe('given a worker with a mirror', () => {
  test('when a run moves, then its log is in the store without any sweep: at its questions, and at its end', async () => {
    const store = new MemoryStore();
    const service = new MirrorService({ client: own.client, programs: [player], store, sweepIntervalMs: NEVER_MS });
    await withWorker({ mirror: service }, async ({ kernel, start }) => {
      await until(() => service.metrics().sweeps === 1);
      const runId = await start({ call: 'echo', input: 1 }, { ask: 'go on?' }, { call: 'echo', input: 2 });
      await until(async () => (await store.loadRun(runId))?.head === 3);
      await kernel.resume(runId, 'yes');
      await until(() => service.metrics().closed === 1);

      const stored = await store.scanLog(runId, 1);
      expect(stored.map(({ hash }) => hash)).toEqual((await kernel.log(runId)).map(({ hash }) => hash));
    });

    const { runs, entries, failures, sweeps, lagMs } = service.metrics();
    expect({ runs, entries, failures, sweeps }).toEqual({ runs: 1, entries: 7, failures: 0, sweeps: 1 });
    expect(lagMs!.max).toBeGreaterThanOrEqual(lagMs!.last);
  });

  test('when it is given a store alone and bundles by itself, then it mirrors with the connection of the worker', async () => {
    const store = new MemoryStore();
    const workflowsPath = require.resolve('./service-workflows');
    const mirror = { store, sweepIntervalMs: NEVER_MS };
    const options = { workflowBundle: undefined, workflowsPath, mirror } as unknown as Partial<KernelWorkerOptions>;
    await withWorker(options, async ({ start }) => {
      const runId = await start({ note: 1 });
      await until(async () => (await store.loadRun(runId))?.head === 2);
    });
  });

  test('when the worker stops, then what it was woken for last is in the store', async () => {
    const store = new MemoryStore();
    let runId = '';
    await withWorker({ mirror: { store, sweepIntervalMs: NEVER_MS } }, async ({ kernel, start }) => {
      runId = await start({ call: 'echo', input: 1 });
      await kernel.runUntilBlocked(runId);
    });
    expect(await store.loadRun(runId)).toMatchObject({ head: 3 });
  });

  test('when its bundle was made without a mirror, then the end of an attempt wakes it', async () => {
    const store = new MemoryStore();
    const service = new MirrorService({ client: own.client, programs: [player], store, sweepIntervalMs: NEVER_MS });
    const workflowBundle = { codePath: fromSetup(BUNDLE_ENV) };
    const sinks = { replayedLog: { appended: { fn: () => undefined } } };
    await withWorker({ workflowBundle, sinks, mirror: service }, async ({ start }) => {
      await until(() => service.metrics().sweeps === 1);
      const runId = await start({ call: 'echo', input: 1 }, { note: 2 });
      await until(async () => (await store.loadRun(runId))?.head === 4);
    });
    expect(service.metrics()).toMatchObject({ failures: 0, sweeps: 1 });
  });

  test('when the mirror fails at everything, then the run completes all the same', async () => {
    const broken: WorkersMirror = {
      wake: () => {
        throw new Error('no mirror');
      },
      run: () => Promise.reject(new Error('no mirror either')),
      stop: () => undefined,
    };
    await withWorker({ mirror: broken }, async ({ kernel, start }) => {
      const runId = await start({ call: 'echo', input: 1 }, { note: 2 });
      expect(await kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    });
  });

  test('when it has no mirror, then the bundle of one that has does no harm', async () => {
    await withWorker({}, async ({ kernel, start }) => {
      expect(await kernel.runUntilBlocked(await start({ note: 1 }))).toEqual({ status: 'completed' });
    });
  });
});

describe('given a service that runs', () => {
  test('when it is run again, then it says that it runs', async () => {
    const service = new MirrorService({ client: own.client, programs: [player], store: new MemoryStore() });
    const running = service.run();
    await expect(service.run()).rejects.toMatchObject({ code: 'Driver' });
    await expect(service.catchUp()).rejects.toMatchObject({ code: 'Driver' });
    service.stop();
    await running;
  });
});
