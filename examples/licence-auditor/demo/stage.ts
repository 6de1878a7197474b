/**
 * All that the demo starts: the server, a worker process, a client, a store for the mirrored log.
 *
 * Guarantees: `close` stops what was started, the last first, also when `open` failed or is still at work.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { KernelClient } from '../../../src/client';
import { Mirror } from '../../../src/mirror';
import { openStore, type SqlStore } from '../../../src/stores';
import { startDevServer, type DevServer } from '../../../tools/server';
import { licenceAuditor } from '../licence-auditor';
import { WorkerProcess } from './worker-process';

const PROGRAMS_FILE = resolve(__dirname, '../licence-auditor.ts');
const PROGRAMS_FILE_TO_KILL = resolve(__dirname, 'worker-to-kill.ts');
const WORKFLOWS_FILE = resolve(__dirname, '../workflows.ts');

/** The parts of an open stage. */
export interface Parts {
  readonly server: DevServer;
  readonly client: Client;
  readonly store: SqlStore;
  readonly mirror: Mirror;
  readonly runs: KernelClient;
}

export class Stage {
  /** Names the run, and the task queue too: on a server that others use, no other worker takes its tasks. */
  readonly runId = `licence-audit-${randomBytes(4).toString('hex')}`;
  readonly #directory: string;
  readonly #store: string;
  readonly #toStop: (() => Promise<unknown>)[] = [];
  #worker: WorkerProcess | null = null;

  /**
   * @param directory where the worker's own log goes
   * @param store where the mirrored log is kept: a file, or the URL of a PostgreSQL database
   */
  constructor(directory: string, store: string) {
    this.#directory = directory;
    this.#store = store;
  }

  /** Starts everything but the worker. */
  async open(): Promise<Parts> {
    await mkdir(this.#directory, { recursive: true });
    // First what fails soonest.
    const store = await this.#holding(openStore(this.#store), (it) => it.close());
    const server = await this.#holding(startDevServer({ ui: true }), ({ stop }) => stop());
    const connection = await this.#holding(Connection.connect({ address: server.address }), (it) => it.close());
    const client = new Client({ connection, namespace: server.namespace });
    const programs = [licenceAuditor];
    return {
      server,
      client,
      store,
      mirror: new Mirror({ client, programs, store }),
      runs: new KernelClient({ client, programs, taskQueue: this.runId, store }),
    };
  }

  /** Starts a worker, and waits until it is ready; with `toKill` it is the one that hangs half-way. */
  async startWorker({ address, namespace }: DevServer, { toKill = false } = {}): Promise<WorkerProcess> {
    const worker = WorkerProcess.spawn({
      address,
      namespace,
      taskQueue: this.runId,
      programs: toKill ? PROGRAMS_FILE_TO_KILL : PROGRAMS_FILE,
      workflows: WORKFLOWS_FILE,
      logFile: join(this.#directory, 'worker.log'),
    });
    this.#worker = worker;
    this.#toStop.push(() => worker.stop());
    await worker.ready;
    return worker;
  }

  /** Waits for a promise, but not longer than the worker lives. */
  async withWorker<R>(work: Promise<R>): Promise<R> {
    return await (this.#worker === null ? work : Promise.race([work, this.#worker.failed]));
  }

  async close(): Promise<void> {
    for (let stop = this.#toStop.pop(); stop !== undefined; stop = this.#toStop.pop()) {
      // What did not start need not be stopped, and one that can't be stopped must not keep the others.
      await stop().catch(() => undefined);
    }
  }

  /** Remembers what is being started before it is there: it is stopped whenever it comes. */
  async #holding<R>(starting: Promise<R>, stop: (started: R) => Promise<unknown>): Promise<R> {
    this.#toStop.push(async () => await stop(await starting));
    return await starting;
  }
}
