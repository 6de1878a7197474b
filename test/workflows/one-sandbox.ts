/** A worker with one sandbox, in which all runs of a workflows file meet. */
import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { bundleOf } from '../support/bundle';
import { DEV_SERVER_ENV, fromSetup } from '../support/environment';
import { quietRuntime } from '../support/run-harness';

export interface OneSandbox {
  readonly client: Client;
  close(): Promise<void>;
}

export async function openSandbox(workflowsPath: string, taskQueue: string): Promise<OneSandbox> {
  quietRuntime();
  const connection = await NativeConnection.connect({ address: fromSetup(DEV_SERVER_ENV) });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: await bundleOf(workflowsPath, { observed: false }),
    workflowThreadPoolSize: 1,
  });
  const running = worker.run();
  return {
    client: new Client({ connection }),
    close: async () => {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}
