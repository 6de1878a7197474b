/** Our two sides of the bench of peers: a local Temporal server that keeps everything in a file, with client and worker in this process. */
import { join } from 'node:path';
import { openBenchServer, type BenchServer } from './bench-server';
import type { OpenPeer, Peer } from './peer';
import { ourWorker, sideOf, type SideName } from './steps-sides';

const SERVER =
  'a local Temporal server with a file: write-ahead log, synchronous = FULL, so each transaction is synced before it counts';

const NOT_MEASURED = 'a Temporal cluster with a database of its own, which production has';

/** What both sides use. */
interface Running {
  readonly server: BenchServer;
  readonly version: string;
  stop(): Promise<void>;
}

/** Both of them, on one server that is started for the first and stopped with the last. */
export function ourPeers(folder: string): readonly Peer[] {
  const shared = new SharedServer(folder);
  return [
    {
      key: 'ours',
      name: 'ours',
      durable: `the step's result is in the run's history on ${SERVER}`,
      notMeasured: NOT_MEASURED,
      open: () => shared.open('ours'),
    },
    {
      key: 'bursts',
      name: 'ours in bursts',
      durable: `the step's result is acknowledged as the activity's heartbeat by ${SERVER}; it is in history when the burst ends`,
      notMeasured: NOT_MEASURED,
      open: () => shared.open('ours in bursts'),
    },
  ];
}

class SharedServer {
  readonly #folder: string;
  #running: Promise<Running> | null = null;
  #users = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(side: SideName): Promise<OpenPeer> {
    this.#users += 1;
    const { server, version } = await (this.#running ??= start(this.#folder));
    const work = sideOf(server, side);
    let isOpen = true;
    return {
      version,
      takesMs: async ({ runs, steps }) => {
        const startedMs = performance.now();
        await Promise.all(Array.from({ length: runs }, () => work.run(steps)));
        return performance.now() - startedMs;
      },
      close: async () => {
        if (!isOpen) return;
        isOpen = false;
        this.#users -= 1;
        if (this.#users === 0) await (await this.#running)?.stop();
      },
    };
  }
}

async function start(folder: string): Promise<Running> {
  const server = await openBenchServer({
    dbFilename: join(folder, 'temporal.db'),
    extraArgs: ['--sqlite-pragma', 'synchronous=FULL'],
  });
  try {
    const worker = await ourWorker({ connection: server.native });
    const stopped = worker.run();
    const { serverVersion } = await server.client.workflowService.getSystemInfo({});
    return {
      server,
      version: `Temporal ${serverVersion}`,
      stop: async () => {
        worker.shutdown();
        await stopped;
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}
