/** The local server of a bench, as this project starts it for everybody, with a client and a worker connection. */
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { DEV_SERVER_DYNAMIC_CONFIG, startDevServer, type DevServerOptions } from '../server';

/** The server would have a long run continue as new: then histories would not have the length that is measured. */
const NEVER = 1_000_000;

/** A running server. */
export interface BenchServer {
  readonly address: string;
  readonly client: Client;
  readonly native: NativeConnection;
  close(): Promise<void>;
}

/** Starts one. */
export async function openBenchServer(
  options: Pick<DevServerOptions, 'dbFilename' | 'journalMode' | 'extraArgs'> = {},
): Promise<BenchServer> {
  installQuietRuntime();
  const server = await startDevServer({
    ...options,
    ownServer: true,
    dynamicConfig: {
      ...DEV_SERVER_DYNAMIC_CONFIG,
      'limit.historyCount.suggestContinueAsNew': NEVER,
      'limit.historySize.suggestContinueAsNew': NEVER * 1_000,
    },
  });
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  return {
    address: server.address,
    client: new Client({ connection }),
    native,
    close: async () => {
      await native.close();
      await connection.close();
      await server.stop();
    },
  };
}

let isInstalled = false;

/** A process has one runtime, and a bench may open several servers. */
export function installQuietRuntime(): void {
  if (isInstalled) return;
  isInstalled = true;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
}
