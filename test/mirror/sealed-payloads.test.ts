/** Payloads that went through codecs and external storage: worker, client, mirror and verification read them with one data converter. */
import './one-protobufjs';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { KernelClient } from '../../src/client';
import {
  ExportedHistorySource,
  historyToJson,
  LogReplay,
  Mirror,
  MirrorService,
  REPLAY_OBSERVER,
} from '../../src/mirror';
import { KernelPlugin } from '../../src/plugin';
import { MemoryStore } from '../../src/stores';
import { playing } from '../support/player';
import { PROGRAMS } from '../support/run-harness';
import { until } from '../support/until';
import { FolderDriver, sealing } from './sealed-payloads';
import { startOwnServer, type OwnServer } from './service-server';

jest.setTimeout(120_000);

let own: OwnServer;
let directory: string;
let bundle: WorkflowBundleWithSourceMap;
let queues = 0;

beforeAll(async () => {
  bundle = await bundleWorkflowCode({
    workflowsPath: require.resolve('../support/workflows'),
    workflowInterceptorModules: [REPLAY_OBSERVER],
    failureConverterPath: require.resolve('./sealed-failures'),
    plugins: [new KernelPlugin({ programs: [] })],
    logger: new DefaultLogger('WARN'),
  });
  directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-sealed-'));
  own = await startOwnServer();
});
afterAll(async () => {
  await own.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Long, so that it lies in external storage. No compression makes it short. */
const LONG = Array.from({ length: 12 }, (_, n) => createHash('sha256').update(String(n)).digest('hex')).join('');

/** What a reference says that it is. */
const REFERENCE = Buffer.from('temporal.api.sdk.v1.ExternalStorageReference').toString('base64');

const SECRET = 'the secret of the run';

/** A run of everything whose payloads go through a converter: inputs, results, failures, answers, signals, children, memos. */
async function playedWith(dataConverter: DataConverter): Promise<{ runId: string; failedId: string; client: Client }> {
  queues += 1;
  const taskQueue = `sealed-${queues}`;
  const client = new Client({
    connection: own.client.connection,
    namespace: own.server.namespace,
    dataConverter,
  });
  const kernel = new KernelClient({ client, programs: PROGRAMS, taskQueue });
  const worker = await Worker.create({
    connection: own.native,
    namespace: own.server.namespace,
    taskQueue,
    dataConverter,
    workflowBundle: bundle,
    plugins: [new KernelPlugin({ programs: PROGRAMS })],
    sinks: { replayedLog: { appended: { fn: () => undefined } } },
  });
  const [runId, failedId] = [`${taskQueue}-run`, `${taskQueue}-failed`];
  await worker.runUntil(async () => {
    await kernel.start('player', {
      runId,
      continueAfterEvents: 20,
      initialState: playing(
        { call: 'echo', input: SECRET },
        { ask: 'is it?' },
        { call: 'echo', input: LONG },
        { call: 'novice', input: playing({ note: 'from a child' }) as never },
        { wait: 'payment' },
        { note: LONG },
      ),
    });
    await kernel.runUntilBlocked(runId);
    await kernel.resume(runId, 'it is');
    await until(async () => (await kernel.status(runId)).status.status === 'blocked');
    await kernel.signal(runId, 'payment', { amount: 1, note: LONG });
    expect(await kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    const message = `no such account: ${LONG}`;
    await kernel.start('player', { runId: failedId, initialState: playing({ call: 'failing', input: { message } }) });
    expect(await kernel.runUntilBlocked(failedId)).toMatchObject({ status: 'failed' });
  });
  return { runId, failedId, client };
}

const replayWith = (dataConverter: DataConverter): LogReplay =>
  new LogReplay({ workflowBundle: bundle, dataConverter });

async function rawHistory(runId: string): Promise<unknown[]> {
  // A client without the data converter sees what the server has.
  const { workflowService } = own.client.workflow;
  const { history } = await workflowService.getWorkflowExecutionHistory({
    namespace: own.server.namespace,
    execution: { workflowId: runId },
  });
  return [historyToJson(history?.events ?? [])];
}

describe('given payloads that are compressed and encrypted', () => {
  test('when runs are mirrored with the data converter, then their logs are plain, and verify in all three ways', async () => {
    const dataConverter = sealing();
    const { runId, failedId, client } = await playedWith(dataConverter);
    const store = new MemoryStore();
    const service = new MirrorService({ client, programs: PROGRAMS, store });

    expect(await service.catchUp()).toMatchObject({ failures: 0, closed: 3 });

    const mirror = new Mirror({ client, programs: PROGRAMS, store });
    const replay = replayWith(dataConverter);
    for (const id of [runId, failedId, `${runId}-7`]) {
      expect(await store.loadRun(id)).not.toBeNull();
      expect(await mirror.verify(id, { replay })).toMatchObject({ ok: true, checks: ['chain', 'fold', 'replay'] });
    }
    expect(JSON.stringify(await store.scanLog(runId, 1))).toContain(SECRET);
    for (const history of [...(await rawHistory(runId)), ...(await rawHistory(failedId))]) {
      expect(JSON.stringify(history)).not.toContain('json/plain');
      expect(JSON.stringify(history)).not.toContain(Buffer.from('json/plain').toString('base64'));
      expect(JSON.stringify(history)).not.toContain('no such account');
    }
  });

  test('when the data converter is not given, then the error names the event, and the others are mirrored', async () => {
    const { runId } = await playedWith(sealing());
    const service = new MirrorService({ client: own.client, programs: PROGRAMS, store: new MemoryStore() });
    await service.catchUp();
    const failure = service.failures.find((failed) => failed.runId === runId);
    expect(failure).toMatchObject({ code: 'HistoryMismatch' });
    expect(failure!.reason).toMatch(
      /event \d+ \(WorkflowExecutionStarted\): its payload can't be read: .*binary\/encrypted/,
    );
  });
});

describe('given payloads that lie in external storage', () => {
  test('when runs are mirrored with the data converter, from the server or from files, then their logs are whole', async () => {
    const driver = new FolderDriver(join(directory, 'payloads'));
    const dataConverter = sealing(driver);
    const { runId, failedId, client } = await playedWith(dataConverter);
    expect(driver.stored).toBeGreaterThan(5);
    expect(JSON.stringify(await rawHistory(failedId))).toContain(REFERENCE);

    const store = new MemoryStore();
    const mirror = new Mirror({ client, programs: PROGRAMS, store });
    const replay = replayWith(dataConverter);
    for (const id of [runId, failedId, `${runId}-7`]) {
      await mirror.mirror(id);
      expect(await mirror.verify(id, { replay })).toMatchObject({ ok: true, problems: [] });
    }
    expect(JSON.stringify(await store.scanLog(runId, 1))).toContain(LONG);

    const source = new ExportedHistorySource(await rawHistory(failedId));
    const offline = new Mirror({ source, dataConverter, programs: PROGRAMS, store: new MemoryStore() });
    expect(await offline.mirror(failedId)).toMatchObject({ hash: (await store.scanLog(failedId, 2))[0]!.hash });
  });

  test('when the storage does not answer, then it is an outage and no mismatch; when it does again, nothing is lost', async () => {
    const folder = join(directory, 'elsewhere');
    const driver = new FolderDriver(folder);
    const { runId, client } = await playedWith(sealing(driver));
    expect((await readdir(folder)).length).toBeGreaterThan(0);
    await rename(folder, `${folder}.away`);
    const store = new MemoryStore();
    const mirror = new Mirror({ client, programs: PROGRAMS, store });

    await expect(mirror.mirror(runId)).rejects.toMatchObject({ code: 'PayloadUnavailable' });
    await rename(`${folder}.away`, folder);
    expect(await mirror.mirror(runId)).toMatchObject({ closed: 'completed' });
  });

  test('when the data converter knows no external storage, then the error says so', async () => {
    const { failedId } = await playedWith(sealing(new FolderDriver(join(directory, 'unknown'))));
    const client = new Client({
      connection: own.client.connection,
      namespace: own.server.namespace,
      dataConverter: sealing(),
    });
    const mirror = new Mirror({ client, programs: PROGRAMS, store: new MemoryStore() });
    await expect(mirror.mirror(failedId)).rejects.toMatchObject({
      code: 'HistoryMismatch',
      message: expect.stringContaining('it lies in external storage, and the data converter that was given has none'),
    });
  });
});
