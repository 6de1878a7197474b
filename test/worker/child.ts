/** A process that a test started: what it prints, how it ended. It is killed when the test forgets it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = resolve(__dirname, '../..');
const DEADLINE_MS = 120_000;
const PAUSE_MS = 20;

export class Child {
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #process: ChildProcess;
  #stdout = '';
  #stderr = '';

  private constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#process = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#process.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.ended = new Promise((done, fail) => {
      this.#process.once('error', fail);
      this.#process.once('close', (code, signal) => {
        done(code ?? signal ?? 'SIGKILL');
      });
    });
  }

  /** Runs a JavaScript file of the repository. */
  static script(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
    return new Child([resolve(ROOT, file), ...args], { ...process.env, ...env });
  }

  /** Runs a TypeScript file of the repository. */
  static typeScript(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
    return new Child(['--require', require.resolve('tsx/cjs'), resolve(ROOT, file), ...args], {
      ...process.env,
      ...env,
    });
  }

  /** Runs the worker from its TypeScript. */
  static worker(env: NodeJS.ProcessEnv): Child {
    return Child.typeScript('src/worker-main.ts', [], env);
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Waits until it has printed this on stdout. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    const ended = this.ended.then(() => true);
    for (const deadlineMs = Date.now() + DEADLINE_MS; Date.now() < deadlineMs;) {
      // Whether it has ended is asked before what it printed, so that its last words count.
      const last = await Promise.race([ended, pause(PAUSE_MS)]);
      const found = pattern.exec(this.#stdout);
      if (found !== null) return found;
      if (last === true) break;
    }
    throw new Error(`${String(pattern)} was not printed:\n${this.#stdout}\n${this.#stderr}`);
  }
}
