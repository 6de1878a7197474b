/**
 * Records the histories that `recorded.test.ts` replays: `npx tsx test/histories/record.ts`. Do it when the workflow's commands
 * change on purpose, and say so in the commit: runs of the older code can't be replayed by the newer then.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { KernelClient } from '../../src/client';
import { historyToJson, Mirror } from '../../src/mirror';
import { KernelPlugin } from '../../src/plugin';
import { executionsOf } from '../../src/runs/execution-chain';
import { MemoryStore } from '../../src/stores';
import { startDevServer } from '../../tools/server';
import { logText } from '../support/log-text';
import { PROGRAMS, quietRuntime } from '../support/run-harness';
import { RECORDINGS } from './recordings';

async function record(): Promise<void> {
  quietRuntime();
  const server = await startDevServer();
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  const client = new Client({ connection, identity: 'recorder' });
  const worker = await Worker.create({
    connection: native,
    taskQueue: 'recordings',
    identity: 'recorder',
    workflowsPath: require.resolve('../support/workflows'),
    plugins: [new KernelPlugin({ programs: PROGRAMS })],
    sinks: { replayedLog: { appended: { fn: () => undefined, callDuringReplay: false } } },
  });
  const store = new MemoryStore();
  const kernel = new KernelClient({ client, programs: PROGRAMS, taskQueue: 'recordings' });
  const mirror = new Mirror({ client, programs: PROGRAMS, store });
  await worker.runUntil(async () => {
    for (const { name, program, initialState, options, play } of RECORDINGS) {
      const { runId } = await kernel.start(program, { runId: name, initialState, ...options });
      await play(kernel, runId);
      await mirror.mirror(runId);
      const histories: unknown[] = [];
      for (const executionId of await executionsOf(client, runId)) {
        const { events } = await client.workflow.getHandle(runId, executionId).fetchHistory();
        histories.push(historyToJson(events ?? []));
      }
      await writeFile(join(__dirname, `${name}.json`), `${JSON.stringify(histories, withoutPlaces, 1)}\n`);
      await writeFile(join(__dirname, `${name}.log.txt`), `${logText(await store.scanLog(runId, 1)).join('\n')}\n`);
    }
  });
  await native.close();
  await connection.close();
  await server.stop();
}

/** Stack traces name files of the machine that recorded. */
function withoutPlaces(key: string, value: unknown): unknown {
  return key === 'stackTrace' ? undefined : value;
}

void record();
