/**
 * Runs on a real server, for tests: a worker with a task queue of its own, a client, a mirror, and the project's central check
 * on every run that a test starts.
 */
import { Client, Connection } from '@temporalio/client';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type ReplayWorkerOptions,
  type WorkerPlugin,
} from '@temporalio/worker';
import { KernelClient } from '../../src/client';
import type { ArtifactStore } from '../../src/artifacts';
import { MemoryStore } from '../../src/stores';
import { Mirror } from '../../src/mirror';
import type { BurstLimits } from '../../src/activities';
import { KernelPlugin } from '../../src/plugin';
import type { DefinedProgram, LogStore } from '../../src/kernel';
import { licenceAuditor } from '../../examples/licence-auditor/licence-auditor';
import { sprinter } from './sprinter';
import { ThreeLogs } from './three-logs';
import { bundleOf } from './bundle';
import { BUNDLE_ENV, DEV_SERVER_ENV, fromSetup } from './environment';
import { clerk, headClerk } from './clerk';
import { pilgrim } from './pilgrim';
import { journeyman, novice, player } from './player';

/** Programs whose workflows are in the tests' bundle. */
export const PROGRAMS: readonly DefinedProgram[] = [
  player,
  novice,
  journeyman,
  clerk,
  headClerk,
  pilgrim,
  licenceAuditor,
  sprinter,
];

export interface HarnessOptions {
  /** 0: every workflow task replays from the start. Default: Temporal's. */
  readonly maxCachedWorkflows?: number;
  /** How long a task waits for a worker that is gone. For tests that stop workers. Default: Temporal's ten seconds. */
  readonly stickyTimeoutMs?: number;
  readonly store?: LogStore;
  /** Where tools keep artifacts. Default: nowhere. */
  readonly artifacts?: ArtifactStore;
  /** What a burst may take on the worker. Default: the kernel's own. */
  readonly bursts?: Partial<BurstLimits>;
  /** More plugins for the worker. */
  readonly plugins?: readonly WorkerPlugin[];
  /** Default: the tests' programs, with their workflows. */
  readonly programs?: readonly DefinedProgram[];
  /** The workflows file that replays the runs' histories. Default: the tests' bundle. */
  readonly replayedBy?: string;
  /** A server of the test's own. Default: the development server of all tests. */
  readonly connections?: {
    readonly client: Client;
    readonly native: NativeConnection;
    readonly close: () => Promise<void>;
  };
}

/**
 * For options of replay workers, whose type does not know it. Temporal replays in the calling thread unless it is told otherwise, and
 * leaves its hooks on every promise there: all later tests of the process would pay for them.
 */
export const IN_ITS_OWN_THREAD = { debugMode: false } as const;

let installed = false;
let harnesses = 0;

/** Failing tools and refused inputs are what the tests are about: the worker's log of them would drown the results. */
export function quietRuntime(): void {
  if (installed) return;
  installed = true;
  const logger = new DefaultLogger('ERROR', () => undefined);
  Runtime.install({ logger, telemetryOptions: { logging: { filter: 'ERROR', forward: {} } } });
}

export class RunHarness {
  readonly taskQueue: string;
  readonly client: Client;
  readonly kernel: KernelClient;
  readonly mirror: Mirror;
  readonly store: LogStore;
  readonly #native: NativeConnection;
  readonly #close: () => Promise<void>;
  readonly #options: HarnessOptions;
  readonly #runs = new Set<string>();
  #worker: { readonly worker: Worker; readonly done: Promise<void> } | null = null;
  #threeLogs: ThreeLogs | null = null;
  #runCount = 0;

  private constructor(client: Client, native: NativeConnection, close: () => Promise<void>, options: HarnessOptions) {
    harnesses += 1;
    this.taskQueue = `test-${process.pid}-${Date.now()}-${harnesses}`;
    this.client = client;
    this.store = options.store ?? new MemoryStore();
    const programs = options.programs ?? PROGRAMS;
    this.kernel = new KernelClient({
      client: this.client,
      programs,
      brokenAfterMs: 1_000,
      taskQueue: this.taskQueue,
      store: this.store,
    });
    this.mirror = new Mirror({ client: this.client, programs, store: this.store });
    this.#native = native;
    this.#close = close;
    this.#options = options;
  }

  static async open(options: HarnessOptions = {}): Promise<RunHarness> {
    quietRuntime();
    if (options.connections !== undefined) {
      const { client, native, close } = options.connections;
      return new RunHarness(client, native, close, options);
    }
    const address = fromSetup(DEV_SERVER_ENV);
    const connection = await Connection.connect({ address });
    const native = await NativeConnection.connect({ address });
    const close = async (): Promise<void> => {
      await native.close();
      await connection.close();
    };
    return new RunHarness(new Client({ connection }), native, close, options);
  }

  /** Starts the worker, with the tests' bundle or another workflows file. */
  async startWorker(workflowsPath?: string): Promise<void> {
    const worker = await Worker.create({
      connection: this.#native,
      taskQueue: this.taskQueue,
      workflowBundle: workflowsPath === undefined ? { codePath: fromSetup(BUNDLE_ENV) } : await bundleOf(workflowsPath),
      plugins: [
        new KernelPlugin({
          programs: this.#options.programs ?? PROGRAMS,
          ...(this.#options.artifacts === undefined ? {} : { artifacts: this.#options.artifacts }),
          ...(this.#options.bursts === undefined ? {} : { bursts: this.#options.bursts }),
        }),
        ...(this.#options.plugins ?? []),
      ],
      sinks: { replayedLog: { appended: { fn: () => undefined, callDuringReplay: false } } },
      ...(this.#options.stickyTimeoutMs === undefined
        ? {}
        : { stickyQueueScheduleToStartTimeout: this.#options.stickyTimeoutMs }),
      ...(this.#options.maxCachedWorkflows === undefined
        ? {}
        : { maxCachedWorkflows: this.#options.maxCachedWorkflows }),
    });
    this.#worker = { worker, done: worker.run() };
  }

  /** What Temporal says of the worker; null when there is none. One that the SDK has given up is not `RUNNING`. */
  get workerState(): string | null {
    return this.#worker?.worker.getState() ?? null;
  }

  /** Drains the worker. */
  async stopWorker(): Promise<void> {
    const running = this.#worker;
    this.#worker = null;
    if (running === null) return;
    running.worker.shutdown();
    await running.done;
  }

  /** What replays a run's history in the central check. */
  async replayWorker(): Promise<ReplayWorkerOptions> {
    const { replayedBy } = this.#options;
    return {
      ...IN_ITS_OWN_THREAD,
      workflowBundle: replayedBy === undefined ? { codePath: fromSetup(BUNDLE_ENV) } : await bundleOf(replayedBy),
    };
  }

  /** A run id that nobody else has. */
  newRunId(name = 'run'): string {
    this.#runCount += 1;
    const runId = `${name}-${this.taskQueue}-${this.#runCount}`;
    this.#runs.add(runId);
    return runId;
  }

  /** Makes the central check on a run that was started elsewhere, too. */
  watch(runId: string): void {
    this.#runs.add(runId);
  }

  /** Leaves a run out of the central check: it has no log to compare. */
  forget(runId: string): void {
    this.#runs.delete(runId);
  }

  /** Starts the player with a script. */
  async play(initialState: unknown, options: { readonly continueAfterEvents?: number } = {}): Promise<string> {
    const runId = this.newRunId();
    await this.kernel.start('player', { runId, initialState, ...options });
    return runId;
  }

  /** The central check, on every run since the last one: the three logs are equal, byte for byte. */
  async checkRuns(): Promise<void> {
    const runs = [...this.#runs];
    this.#runs.clear();
    this.#threeLogs ??= await ThreeLogs.of(this);
    for (const runId of runs) await this.#threeLogs.assertEqual(runId);
  }

  async close(): Promise<void> {
    await this.#threeLogs?.close();
    await this.stopWorker();
    await this.#close();
  }
}
