/**
 * The worker plugin: makes any Temporal worker a worker of your programs.
 *
 *     const worker = await Worker.create({
 *       connection, taskQueue: 'agents', workflowsPath: require.resolve('./workflows'),
 *       plugins: [new KernelPlugin({ programs: [licenceAuditor] })],
 *     });
 *
 * With a mirror service it is a worker whose runs are mirrored as they move. No run depends on it.
 */
import { join } from 'node:path';
import type {
  BundleOptions,
  InjectedSinks,
  ReplayWorkerOptions,
  Worker,
  WorkerOptions,
  WorkerPlugin,
} from '@temporalio/worker';
import {
  AttemptInterceptor,
  burstActivity,
  burstLimits,
  toolActivities,
  WakeInterceptor,
  type BurstLimits,
} from './activities';
import { JsonArtifacts, type ArtifactStore } from './artifacts';
import { BURST, hasShortTools, messageOf, ProgramSet, type Artifacts, type DefinedProgram, type RunId } from './kernel';
import type { Seen } from './mirror';
import type { MirrorSinks } from './protocol';
import { sandboxed } from './sandbox';

/** What keeps a store up to date beside a worker: `MirrorService`. */
export interface WorkersMirror {
  readonly wake: (runId: RunId, seen?: Seen | null) => void;
  readonly run: () => Promise<void>;
  readonly stop: () => void;
}

/** What a worker needs to know. */
export interface KernelPluginOptions {
  /** The programs, and of each the versions that still have runs. */
  readonly programs: readonly DefinedProgram[];
  /** Woken when a run moves, and run for as long as the worker runs. */
  readonly mirror?: WorkersMirror;
  /** Where tools keep what is large or secret. Default: nowhere. */
  readonly artifacts?: ArtifactStore;
  /** What a burst may take on this worker. Default: a second, 200 calls, 64 kB of results. At most: 4 s, 1,000 calls, 500 kB. */
  readonly bursts?: Partial<BurstLimits>;
}

/** Heartbeats are not held back longer than this, so that a cancelled tool knows it soon. In milliseconds. */
const HEARTBEAT_THROTTLE_MS = 1_000;

/** The interceptor module that makes a bundle wake the mirror. */
const MIRROR_WAKER = join(__dirname, 'workflows/mirror-waker');

export class KernelPlugin implements WorkerPlugin {
  readonly name = 'temporal-kernel';
  readonly #programs: ProgramSet;
  readonly #mirror: WorkersMirror | null;
  readonly #artifacts: Artifacts | null;
  readonly #burstLimits: BurstLimits;
  #mirroring: Promise<void> | null = null;
  #workers = 0;

  /** @throws KernelError `InvalidProgram` when two programs have one name and version; `InvalidWorkerOptions` for bursts that can't be */
  constructor({ programs, mirror, artifacts, bursts }: KernelPluginOptions) {
    this.#programs = new ProgramSet(programs);
    this.#mirror = mirror ?? null;
    this.#artifacts = artifacts === undefined ? null : new JsonArtifacts(artifacts);
    this.#burstLimits = burstLimits(bursts);
  }

  configureWorker(options: WorkerOptions): WorkerOptions {
    const bundles = options.workflowBundle === undefined;
    // A bundle that was made before may not have the waker in it; then what wakes the mirror is the end of an attempt.
    const wakes = this.#mirror !== null && !bundles;
    const waker = new WakeInterceptor((workflowType, runId) => {
      this.#wake(workflowType, runId, null);
    });
    return {
      maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
      ...options,
      activities: { ...this.#activities, ...options.activities },
      ...(bundles ? { bundlerOptions: sandboxed(options.bundlerOptions ?? {}) } : {}),
      sinks: { ...this.#sinks(), ...options.sinks },
      interceptors: {
        ...options.interceptors,
        ...(bundles ? { workflowModules: this.#withWaker(options.interceptors?.workflowModules) } : {}),
        activity: [
          ...(options.interceptors?.activity ?? []),
          ...(wakes ? [() => ({ inbound: waker })] : []),
          () => ({ inbound: new AttemptInterceptor(this.#programs) }),
        ],
      },
    };
  }

  configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    const withSinks = { ...options, sinks: { ...this.#sinks(), ...options.sinks } };
    if (options.workflowBundle !== undefined) return withSinks;
    return { ...withSinks, bundlerOptions: sandboxed(options.bundlerOptions ?? {}) };
  }

  configureBundler(options: BundleOptions): BundleOptions {
    const workflowInterceptorModules = this.#withWaker(options.workflowInterceptorModules);
    return sandboxed({ ...options, workflowInterceptorModules });
  }

  /** Runs the mirror for as long as a worker of this plugin runs. */
  async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    if (this.#mirror === null) {
      await next(worker);
      return;
    }
    this.#workers += 1;
    this.#mirroring ??= this.#mirror.run().catch((error: unknown) => {
      // The worker works all the same: what is not mirrored now can be mirrored later.
      process.emitWarning(`the mirror beside the worker does not run: ${messageOf(error)}`);
    });
    try {
      await next(worker);
    } finally {
      this.#workers -= 1;
      const mirroring = this.#mirroring;
      if (this.#workers === 0) {
        this.#mirror.stop();
        this.#mirroring = null;
        await mirroring;
      }
    }
  }

  get #activities(): Readonly<Record<string, unknown>> {
    const [programs, artifacts] = [this.#programs, this.#artifacts];
    const burst = burstActivity(programs, artifacts, this.#burstLimits);
    const bursts = programs.all.some(hasShortTools) ? { [BURST]: burst } : {};
    return { ...toolActivities(programs, artifacts), ...bursts };
  }

  #withWaker(modules: readonly string[] = []): string[] {
    return this.#mirror === null ? [...modules] : [...modules, MIRROR_WAKER];
  }

  /** A bundle with the waker calls the sink on every worker: where there is no mirror, nobody listens. */
  #sinks(): InjectedSinks<MirrorSinks> {
    return {
      temporalKernelMirror: {
        moved: {
          fn: ({ workflowId, workflowType, runId, historyLength }) => {
            this.#wake(workflowType, workflowId, { executionId: runId, historyLength });
          },
          callDuringReplay: false,
        },
      },
    };
  }

  /** An attempt, or a workflow task, must not fail because of a mirror. */
  #wake(workflowType: string, runId: RunId, seen: Seen | null): void {
    if (this.#mirror === null || this.#programs.versionsOf(workflowType).length === 0) return;
    try {
      this.#mirror.wake(runId, seen);
    } catch (error) {
      process.emitWarning(`the mirror beside the worker could not be woken: ${messageOf(error)}`);
    }
  }
}
