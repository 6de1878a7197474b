/** A worker process of the bench: our side's worker, which says how much memory it has when it is asked. */
import { readFileSync } from 'node:fs';
import { NativeConnection } from '@temporalio/worker';
import { installQuietRuntime } from './bench-server';
import { ourWorker } from './steps-sides';

/** What the process is told. */
export type ManyWorkerRequest = 'memory' | 'stop';

/** What it says. */
export interface ManyWorkerMemory {
  readonly residentBytes: number;
}

const [, , address = '', bundlePath = ''] = process.argv;

async function main(): Promise<void> {
  installQuietRuntime();
  const connection = await NativeConnection.connect({ address });
  const worker = await ourWorker({ connection, workflowBundle: { code: readFileSync(bundlePath, 'utf8') } });
  process.on('message', (request: ManyWorkerRequest) => {
    if (request === 'stop') worker.shutdown();
    else process.send?.({ residentBytes: process.memoryUsage.rss() } satisfies ManyWorkerMemory);
  });
  // Whoever started this is gone.
  process.once('disconnect', () => process.exit(0));
  const stopped = worker.run();
  process.send?.('ready');
  await stopped;
  await connection.close();
  process.disconnect();
}

void main();
