/**
 * Workers as processes of their own, which can be lost at any moment. Whoever is lost is replaced at once. It is the worker that users
 * run (`worker-main.ts`), compiled, so that it starts fast.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { bundleOf } from '../support/bundle';
import { compileScript, startScript } from '../support/compiled-script';
import type { Child } from '../worker/child';

const SOURCE = resolve(__dirname, '../../src/worker-main.ts');

const MODELS = resolve(__dirname, '../../src/models/index.ts');

/** Workers that may fail before the first one is at work. */
const FAILURES_MAX = 3;

const READY_EVERY_MS = 50;

/** What a worker process needs, made once. */
export interface WorkerFiles {
  readonly script: string;
  readonly programs: string;
  readonly bundle: string;
}

/** Programs, and the workflows file that has them. */
export interface WorkerSources {
  /** Whether the worker has models: it loads what they need by name, beside itself. */
  readonly hasModels?: boolean;
  readonly programs: string;
  readonly workflows: string;
}

const PLAYERS: WorkerSources = {
  programs: require.resolve('../support/player'),
  workflows: require.resolve('../support/workflows'),
};

/** Compiles the worker, the programs (by default the players) and their workflows into a directory. */
export async function workerFiles(directory: string, sources: WorkerSources = PLAYERS): Promise<WorkerFiles> {
  const { code } = await bundleOf(sources.workflows, { observed: false });
  const bundle = join(directory, 'workflows.js');
  writeFileSync(bundle, code);
  if (sources.hasModels === true) compileScript(MODELS, directory, 'models');
  return { script: compileScript(SOURCE, directory), programs: compileScript(sources.programs, directory), bundle };
}

export class Fleet {
  readonly #files: WorkerFiles;
  readonly #env: NodeJS.ProcessEnv;
  readonly #workers: Child[];
  #closed = false;
  /** How workers ended that were not killed, unless it was because there was no server. */
  readonly failures: string[] = [];

  /** @param env what every worker's environment has beside */
  constructor(
    files: WorkerFiles,
    server: { readonly address: string; readonly taskQueue: string },
    size: number,
    env: NodeJS.ProcessEnv = {},
  ) {
    this.#files = files;
    this.#env = {
      TEMPORAL_ADDRESS: server.address,
      TEMPORAL_TASK_QUEUE: server.taskQueue,
      TEMPORAL_KERNEL_PROGRAMS: files.programs,
      TEMPORAL_KERNEL_WORKFLOW_BUNDLE: files.bundle,
      TEMPORAL_KERNEL_LOG_LEVEL: 'ERROR',
      ...env,
    };
    this.#workers = Array.from({ length: size }, (_, place) => this.#start(place));
  }

  /** Waits until one of them is at work. @throws Error when they end by themselves instead, again and again */
  async oneReady(): Promise<void> {
    while (!this.#workers.some(({ stdout }) => stdout.includes('worker ready'))) {
      if (this.failures.length >= FAILURES_MAX) throw new Error(`no worker comes up: ${this.failures.join('\n')}`);
      await pause(READY_EVERY_MS);
    }
  }

  /** Kills a worker, and starts another in its place. */
  async kill(place: number): Promise<void> {
    const worker = this.#at(place);
    worker.kill('SIGKILL');
    await worker.ended;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const worker of this.#workers) worker.kill('SIGKILL');
    await Promise.all(this.#workers.map(({ ended }) => ended));
  }

  #at(place: number): Child {
    return this.#workers[place % this.#workers.length] as Child;
  }

  #start(place: number): Child {
    const worker = startScript(this.#files.script, [], this.#env);
    void worker.ended.then((how) => {
      if (this.#closed) return;
      const whileServerWasGone = worker.stderr.includes('no Temporal server answers');
      if (how !== 'SIGKILL' && !whileServerWasGone) this.failures.push(`${how}: ${worker.stderr}`);
      this.#workers[place] = this.#start(place);
    });
    return worker;
  }
}
