/**
 * The worker plugin: makes any Temporal worker a worker of your programs.
 *
 *     const worker = await Worker.create({
 *       connection, taskQueue: 'agents', workflowsPath: require.resolve('./workflows'),
 *       plugins: [new KernelPlugin({ programs: [licenceAuditor] })],
 *     });
 */
import type { BundleOptions, ReplayWorkerOptions, WorkerOptions, WorkerPlugin } from '@temporalio/worker';
import { AttemptInterceptor, toolActivities } from './activities';
import { ProgramSet, type DefinedProgram } from './kernel';
import { withoutHostModules } from './sandbox-bundle';

/** What a worker needs to know. */
export interface KernelPluginOptions {
  /** The programs, and of each the versions that still have runs. */
  readonly programs: readonly DefinedProgram[];
}

/** Heartbeats are not held back longer than this, so that a cancelled tool knows it soon. In milliseconds. */
const HEARTBEAT_THROTTLE_MS = 1_000;

export class KernelPlugin implements WorkerPlugin {
  readonly name = 'temporal-kernel';
  readonly #programs: ProgramSet;

  /** @throws KernelError `InvalidProgram` when two programs have one name and version */
  constructor({ programs }: KernelPluginOptions) {
    this.#programs = new ProgramSet(programs);
  }

  configureWorker(options: WorkerOptions): WorkerOptions {
    return {
      maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
      ...options,
      activities: { ...toolActivities(this.#programs), ...options.activities },
      ...(options.workflowBundle === undefined
        ? { bundlerOptions: withoutHostModules(options.bundlerOptions ?? {}) }
        : {}),
      interceptors: {
        ...options.interceptors,
        activity: [
          ...(options.interceptors?.activity ?? []),
          () => ({ inbound: new AttemptInterceptor(this.#programs) }),
        ],
      },
    };
  }

  configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    if (options.workflowBundle !== undefined) return options;
    return { ...options, bundlerOptions: withoutHostModules(options.bundlerOptions ?? {}) };
  }

  configureBundler(options: BundleOptions): BundleOptions {
    return withoutHostModules(options);
  }
}
