/**
 * A stage: a namespace of its own on a Temporal server, with workers that have the workflows and tools of some scenarios.
 *
 * A run of one kernel is played by a worker that keeps it in its cache. One that several kernels go on with, each in a new
 * process, is played by a worker that keeps nothing: every task begins from history alone, as after a new start.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import {
  NativeConnection,
  Worker,
  type InjectedSinks,
  type WorkerOptions,
  type WorkflowBundle,
} from '@temporalio/worker';
import type { RunId } from '../../../src/kernel/identity';
import type { ReplaySinks } from '../../../src/protocol';
import { KernelPlugin } from '../../../src/plugin';
import { waitUntilAnswering } from '../../server/answering';
import { kernelsOf } from './run-kernels';
import type { StagedScenario } from './staged-scenario';

/** A server, as all stages share it. */
export interface Server {
  readonly address: string;
  readonly connection: Connection;
  readonly native: NativeConnection;
}

const NAMESPACE_TIMEOUT_MS = 30_000;
const RETENTION_S = 24 * 3_600;

/** Workers are given this long to end what they do. */
const SHUTDOWN_MS = 10_000;

type Cache = 'kept' | 'none';

/** Connects to a server. */
export async function connectServer(address: string): Promise<Server> {
  const connection = await Connection.connect({ address });
  return { address, connection, native: await NativeConnection.connect({ address }) };
}

/** Ends the connections. */
export async function disconnectServer({ connection, native }: Server): Promise<void> {
  await native.close();
  await connection.close();
}

export class Stage {
  readonly client: Client;
  readonly bundle: WorkflowBundle;
  readonly #server: Server;
  readonly #namespace: string;
  #workers: readonly { readonly worker: Worker; readonly done: Promise<void> }[] = [];

  private constructor(server: Server, namespace: string, bundle: WorkflowBundle) {
    this.#server = server;
    this.#namespace = namespace;
    this.bundle = bundle;
    this.client = new Client({ connection: server.connection, namespace });
  }

  /** Makes a namespace and starts its workers. */
  static async open(server: Server, staged: readonly StagedScenario[], bundle: WorkflowBundle): Promise<Stage> {
    const namespace = `conformance-${randomUUID()}`;
    await server.connection.workflowService.registerNamespace({
      namespace,
      description: 'Made by npm run conformance, and deleted at its end.',
      workflowExecutionRetentionPeriod: { seconds: RETENTION_S as never },
    });
    await waitUntilAnswering(server.address, namespace, { timeoutMs: NAMESPACE_TIMEOUT_MS });
    const stage = new Stage(server, namespace, bundle);
    await stage.#startWorkers(staged);
    return stage;
  }

  /** The task queue of the worker that plays a scenario. */
  static taskQueueOf({ scenario: { setup }, programs }: StagedScenario): Cache {
    const hasSeveral = (runId: RunId): boolean => new Set(kernelsOf(setup, runId).map(({ made }) => made)).size > 1;
    return [...programs.keys()].some(hasSeveral) ? 'none' : 'kept';
  }

  /** Ends the workers and deletes the namespace. */
  async close(): Promise<void> {
    for (const { worker } of this.#workers) worker.shutdown();
    await Promise.all(this.#workers.map(({ done }) => done));
    await this.#server.connection.operatorService.deleteNamespace({ namespace: this.#namespace });
  }

  async #startWorkers(staged: readonly StagedScenario[]): Promise<void> {
    const common: Omit<WorkerOptions, 'taskQueue'> = {
      connection: this.#server.native,
      namespace: this.#namespace,
      workflowBundle: this.bundle,
      plugins: [new KernelPlugin({ programs: staged.flatMap(({ programs }) => [...programs.values()]) })],
      sinks: NO_SINKS,
      shutdownForceTime: SHUTDOWN_MS,
    };
    const queues: readonly (Partial<WorkerOptions> & { readonly taskQueue: Cache })[] = [
      { taskQueue: 'kept' },
      { taskQueue: 'none', maxCachedWorkflows: 0 },
    ];
    const workers = await Promise.all(queues.map((queue) => Worker.create({ ...common, ...queue })));
    this.#workers = workers.map((worker) => ({ worker, done: worker.run() }));
  }
}

/** What a live worker sees of a log is not used: the log that counts is the one that a replay gives. */
const NO_SINKS: InjectedSinks<ReplaySinks> = {
  replayedLog: { appended: { fn: () => undefined, callDuringReplay: false } },
};
