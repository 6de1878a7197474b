/** Real runs for the mirror's bench: a server and a worker of its own, and runs whose histories have a given length. */
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { KernelClient } from '../../src/client';
import type { RunId } from '../../src/kernel';
import { createWorker } from '../../src/worker';
import { DEV_SERVER_DYNAMIC_CONFIG, startDevServer } from '../server';
import { ticker } from './mirror-program';

/** A call is six events: scheduled, started, completed, and the three of the workflow task after it. */
const EVENTS_PER_CALL = 6;

/** The server would have a run continue as new long before ten thousand events. */
const NEVER = 1_000_000;

/** Runs on a server. */
export interface MirrorRuns {
  readonly client: Client;
  /** Starts a run whose history has about so many events when it asks. */
  start(events: number): Promise<RunId>;
  /** Lets a run make so many calls more; it asks again after them. */
  goOn(runId: RunId, calls: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts all that is needed. */
export async function openMirrorRuns(): Promise<MirrorRuns> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const server = await startDevServer({
    dynamicConfig: {
      ...DEV_SERVER_DYNAMIC_CONFIG,
      'limit.historyCount.suggestContinueAsNew': NEVER,
      'limit.historySize.suggestContinueAsNew': NEVER * 1_000,
    },
  });
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  const client = new Client({ connection });
  const programs = [ticker];
  const kernel = new KernelClient({ client, programs });
  const worker = await createWorker({
    programs,
    connection: native,
    workflowsPath: require.resolve('./mirror-workflows'),
  });
  const stopped = worker.run();
  let count = 0;
  return {
    client,
    start: async (events) => {
      count += 1;
      const { runId } = await kernel.start(ticker, {
        runId: `bench-${count}`,
        initialState: { calls: Math.max(1, Math.round(events / EVENTS_PER_CALL)) },
      });
      await kernel.runUntilBlocked(runId);
      return runId;
    },
    goOn: async (runId, calls) => {
      await kernel.resume(runId, calls);
      await kernel.runUntilBlocked(runId);
    },
    close: async () => {
      worker.shutdown();
      await stopped;
      await native.close();
      await connection.close();
      await server.stop();
    },
  };
}
