/**
 * A worker for programs. `createWorker` is for your own process; `npm run worker` (`worker-main.ts`) is a process that is
 * configured from the environment.
 */
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { DefinedProgram } from './kernel';
import { KernelPlugin } from './plugin';
import { DEFAULT_TASK_QUEUE } from './task-queue';

export { DEFAULT_TASK_QUEUE };

/** What a worker is made of. Everything else that Temporal's worker can be told may be given too. */
export interface KernelWorkerOptions extends Partial<WorkerOptions> {
  readonly programs: readonly DefinedProgram[];
  /** Default: a connection to `address`. */
  readonly connection?: NativeConnection;
  /** Default `localhost:7233`. Not used when there is a `connection`. */
  readonly address?: string;
}

/** How long a task waits for a worker that was lost before another one gets it: half of Temporal's default. */
const STICKY_TIMEOUT_MS = 5_000;

/**
 * Makes a worker that runs the programs' workflows and tools. `workflowsPath` (or `workflowBundle`) names the file that
 * exports the workflows; without one the worker runs only tools.
 */
export async function createWorker({ programs, address, ...options }: KernelWorkerOptions): Promise<Worker> {
  const connection = options.connection ?? (await NativeConnection.connect({ address: address ?? 'localhost:7233' }));
  return await Worker.create({
    taskQueue: DEFAULT_TASK_QUEUE,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT_MS,
    ...options,
    connection,
    plugins: [new KernelPlugin({ programs }), ...(options.plugins ?? [])],
  });
}
