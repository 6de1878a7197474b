/**
 * A worker for programs. `createWorker` is for your own process; `npm run worker` (`worker-main.ts`) is a process that is
 * configured from the environment.
 */
import { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type { ArtifactStore } from './artifacts';
import type { DefinedProgram } from './kernel';
import { MirrorService, type MirrorServiceOptions } from './mirror';
import { KernelPlugin, type KernelPluginOptions, type WorkersMirror } from './plugin';
import { DEFAULT_TASK_QUEUE } from './task-queue';

export { DEFAULT_TASK_QUEUE };

/** What a worker is made of. Everything else that Temporal's worker can be told may be given too. */
export interface KernelWorkerOptions extends Partial<WorkerOptions> {
  readonly programs: readonly DefinedProgram[];
  /** Default: a connection to `address`. */
  readonly connection?: NativeConnection;
  /** Default `localhost:7233`. Not used when there is a `connection`. */
  readonly address?: string;
  /**
   * Mirrors runs as they move, for as long as the worker runs: a service of your own, or what one is made of. With a store alone
   * the worker's own connection, namespace and data converter are used.
   */
  readonly mirror?: WorkersMirror | Omit<MirrorServiceOptions, 'client' | 'programs'>;
  /** Where tools keep what is large or secret. Whoever opened it closes it. Default: nowhere. */
  readonly artifacts?: ArtifactStore;
  /** What a burst may take on this worker. Default: a second, 200 calls, 64 kB of results. At most: 4 s, 1,000 calls, 500 kB. */
  readonly bursts?: KernelPluginOptions['bursts'];
}

/**
 * How long a task waits for a worker that was lost before another one gets it: half of Temporal's default, because with 60 runs at
 * once that cost nothing that was seen. All other defaults are Temporal's (BENCHMARKS.md says what they were held against).
 */
export const STICKY_TIMEOUT_MS = 5_000;

/**
 * Makes a worker that runs the programs' workflows and tools. `workflowsPath` (or `workflowBundle`) names the file that
 * exports the workflows; without one the worker runs only tools.
 */
export async function createWorker({
  programs,
  address,
  mirror,
  artifacts,
  bursts,
  ...options
}: KernelWorkerOptions): Promise<Worker> {
  const connection = options.connection ?? (await NativeConnection.connect({ address: address ?? 'localhost:7233' }));
  const service = mirror === undefined || 'wake' in mirror ? mirror : serviceOf(mirror, programs, connection, options);
  return await Worker.create({
    taskQueue: DEFAULT_TASK_QUEUE,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT_MS,
    ...options,
    connection,
    plugins: [
      new KernelPlugin({
        programs,
        ...(service === undefined ? {} : { mirror: service }),
        ...(artifacts === undefined ? {} : { artifacts }),
        ...(bursts === undefined ? {} : { bursts }),
      }),
      ...(options.plugins ?? []),
    ],
  });
}

function serviceOf(
  mirror: Omit<MirrorServiceOptions, 'client' | 'programs'>,
  programs: readonly DefinedProgram[],
  connection: NativeConnection,
  { namespace, dataConverter }: Partial<WorkerOptions>,
): MirrorService {
  const client = new Client({
    connection,
    ...(namespace === undefined ? {} : { namespace }),
    ...(dataConverter === undefined ? {} : { dataConverter }),
  });
  return new MirrorService({ meter: Runtime.instance().metricMeter, ...mirror, client, programs });
}
