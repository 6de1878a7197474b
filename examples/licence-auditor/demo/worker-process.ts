/**
 * A worker as a process of its own, as `npm run worker` starts it.
 *
 * Guarantees: it is gone when `stop` or `kill` resolves. What it logs goes to a file.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const WORKER_MAIN = resolve(__dirname, '../../../src/worker-main.ts');
/** On top of the worker's own drain. */
const STOP_GRACE_MS = 10_000;
const DRAIN_MS = 5_000;
const TAIL_LINES_MAX = 15;

export interface WorkerProcessOptions {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** The module whose exports are the programs, and the workflows file. */
  readonly programs: string;
  readonly workflows: string;
  readonly logFile: string;
}

export class WorkerProcess {
  /** Resolves when it has said that it is ready; rejects when it ends although nobody stopped it. */
  readonly ready: Promise<void>;
  /** Rejects when it ends although nobody stopped it. */
  readonly failed: Promise<never>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #stopping = false;

  private constructor(child: ChildProcess, readyLine: Promise<void>, lastLines: () => string) {
    this.#child = child;
    this.#ended = new Promise((done) =>
      child.once('close', () => {
        done();
      }),
    );
    this.failed = new Promise((_done, fail) => {
      child.once('error', fail);
      child.once('close', (code, signal) => {
        if (!this.#stopping) fail(new Error(`the worker ended (${code ?? signal}); it said last:\n${lastLines()}`));
      });
    });
    this.ready = Promise.race([readyLine, this.failed]);
    for (const promise of [this.failed, this.ready]) promise.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  static spawn(options: WorkerProcessOptions): WorkerProcess {
    const child = spawn(process.execPath, ['--require', require.resolve('tsx/cjs'), WORKER_MAIN], {
      // A process group of its own, which the terminal's Ctrl-C does not reach: the demo stops its worker itself.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environmentOf(options),
    });
    const log = createWriteStream(options.logFile, { flags: 'a' });
    for (const output of [child.stdout, child.stderr]) output.pipe(log, { end: false });
    child.once('close', () => log.end());
    const readyLine = new Promise<void>((done) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('worker ready:')) done();
      });
    });
    return new WorkerProcess(child, readyLine, tailOf(child.stderr));
  }

  /** Lets it drain. */
  async stop(): Promise<void> {
    const stuck = setTimeout(() => this.#child.kill('SIGKILL'), DRAIN_MS + STOP_GRACE_MS);
    await this.#end('SIGTERM');
    clearTimeout(stuck);
  }

  /** Ends it at once, with no chance to say or save anything. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#stopping = true;
    this.#child.kill(signal);
    await this.#ended;
  }
}

function environmentOf(options: WorkerProcessOptions): NodeJS.ProcessEnv {
  return {
    ...process.env,
    TEMPORAL_ADDRESS: options.address,
    TEMPORAL_NAMESPACE: options.namespace,
    TEMPORAL_TASK_QUEUE: options.taskQueue,
    TEMPORAL_KERNEL_PROGRAMS: options.programs,
    TEMPORAL_KERNEL_WORKFLOWS: options.workflows,
    TEMPORAL_KERNEL_DRAIN_MS: String(DRAIN_MS),
  };
}

function tailOf(output: Readable): () => string {
  const lines: string[] = [];
  createInterface({ input: output }).on('line', (line) => {
    lines.push(line);
    if (lines.length > TAIL_LINES_MAX) lines.shift();
  });
  return () => lines.join('\n');
}
