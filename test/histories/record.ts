/**
 * Records the histories that `recorded.test.ts` replays: `npx tsx test/histories/record.ts [NAME...]`, without a name all. Do it
 * when the workflow's commands change on purpose, and say so in the commit: runs of the older code can't be replayed by the newer
 * then.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { KernelClient } from '../../src/client';
import { historyToJson, Mirror } from '../../src/mirror';
import type { DefinedProgram } from '../../src/kernel';
import { KernelPlugin } from '../../src/plugin';
import { executionsOf } from '../../src/runs/execution-chain';
import { MemoryStore } from '../../src/stores';
import { startDevServer } from '../../tools/server';
import { bundleOf } from '../support/bundle';
import { logText } from '../support/log-text';
import { quietRuntime } from '../support/run-harness';
import { until } from '../support/until';
import { RECORDED_PROGRAMS, RECORDINGS, type Outside, type Recording } from './recordings';

async function record(names: readonly string[]): Promise<void> {
  quietRuntime();
  const server = await startDevServer();
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  const client = new Client({ connection, identity: 'recorder' });
  // Runs of the first version are started by hand: what a client starts is of the newest one.
  const programs = RECORDED_PROGRAMS.filter(
    ({ name, version }) => !RECORDED_PROGRAMS.some((other) => other.name === name && other.version > version),
  );
  for (const recording of RECORDINGS) {
    if (names.length > 0 && !names.includes(recording.name)) continue;
    const { name: runId, program, initialState, options } = recording;
    // A task queue for each, so that a worker is there only when the recording wants it.
    const taskQueue = `recordings-${runId}`;
    const kernel = new KernelClient({ client, programs, taskQueue });
    await kernel.start(program, { runId, initialState, ...options });
    await recording.startWithoutWorker?.({ kernel, client }, runId);
    if (recording.firstTaskFailsWith !== undefined) {
      const broken = await workerOf(native, taskQueue, recording.firstTaskFailsWith);
      await broken.runUntil(until(async () => await hasFailedTask(client, runId)));
    }
    const worker = await workerOf(
      native,
      taskQueue,
      '../support/workflows',
      recording.withoutTools ? [] : RECORDED_PROGRAMS,
    );
    await worker.runUntil(recordRun({ kernel, client }, recording));
    console.log(`recorded ${runId}`);
  }
  await native.close();
  await connection.close();
  await server.stop();
}

async function workerOf(
  connection: NativeConnection,
  taskQueue: string,
  workflows: string,
  programs: readonly DefinedProgram[] = RECORDED_PROGRAMS,
): Promise<Worker> {
  return await Worker.create({
    connection,
    taskQueue,
    identity: 'recorder',
    workflowBundle: await bundleOf(require.resolve(workflows)),
    plugins: [new KernelPlugin({ programs })],
    sinks: { replayedLog: { appended: { fn: () => undefined, callDuringReplay: false } } },
  });
}

async function hasFailedTask(client: Client, runId: string): Promise<boolean> {
  const { events } = await client.workflow.getHandle(runId).fetchHistory();
  return (events ?? []).some(({ workflowTaskFailedEventAttributes: failed }) => failed != null);
}

async function recordRun(outside: Outside, { name, play, children = [] }: Recording): Promise<void> {
  await play(outside, name);
  for (const runId of [name, ...children]) await keep(outside.client, runId);
}

/** Writes down what a run's history is, and the log that the mirror makes of it. */
async function keep(client: Client, runId: string): Promise<void> {
  const store = new MemoryStore();
  await new Mirror({ client, programs: RECORDED_PROGRAMS, store }).mirror(runId);
  const histories: unknown[] = [];
  for (const executionId of await executionsOf(client, runId)) {
    const { events } = await client.workflow.getHandle(runId, executionId).fetchHistory();
    histories.push(historyToJson(events ?? []));
  }
  await writeFile(join(__dirname, `${runId}.json`), `${JSON.stringify(histories, withoutPlaces, 1)}\n`);
  await writeFile(join(__dirname, `${runId}.log.txt`), `${logText(await store.scanLog(runId, 1)).join('\n')}\n`);
}

/** Stack traces name files of the machine that recorded. */
function withoutPlaces(key: string, value: unknown): unknown {
  return key === 'stackTrace' ? undefined : value;
}

void record(process.argv.slice(2));
