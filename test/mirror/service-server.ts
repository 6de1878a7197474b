/** A server of a test's own: a sweep sees every run of its server, and other tests' runs are none of its business. */
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { startDevServer, type DevServer, type DevServerOptions } from '../../tools/server';
import { quietRuntime, RunHarness, type HarnessOptions } from '../support/run-harness';

export interface OwnServer {
  readonly server: DevServer;
  readonly client: Client;
  readonly native: NativeConnection;
  /** A harness on this server. It closes nothing but its worker. */
  harness(options?: HarnessOptions): Promise<RunHarness>;
  stop(): Promise<void>;
}

export async function startOwnServer(options: DevServerOptions = {}): Promise<OwnServer> {
  quietRuntime();
  const server = await startDevServer({ ownServer: true, ...options });
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  const client = new Client({ connection, namespace: server.namespace });
  return {
    server,
    client,
    native,
    harness: (harnessOptions = {}) =>
      RunHarness.open({ ...harnessOptions, connections: { client, native, close: () => Promise.resolve() } }),
    stop: async () => {
      await native.close();
      await connection.close();
      await server.stop();
    },
  };
}
