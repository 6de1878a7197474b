/** The compiled command line in a process that stays, seen from the test: many calls, at the same time if need be. */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { compileScript } from '../support/compiled-script';
import type { ResidentCall, ResidentResult } from './resident-process';

interface Waiting {
  readonly done: (result: ResidentResult) => void;
  readonly fail: (error: Error) => void;
}

export class ResidentTerminal {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;

  /** @param directory where the compiled executable is, in `dist` */
  constructor(directory: string, env: NodeJS.ProcessEnv) {
    const script = compileScript(join(__dirname, 'resident-process.ts'), directory);
    this.#process = fork(script, { cwd: directory, env });
    this.#process.on('message', (result: ResidentResult) => {
      this.#waiting.get(result.id)?.done(result);
      this.#waiting.delete(result.id);
    });
    this.#process.once('exit', (code, signal) => {
      for (const { fail } of this.#waiting.values()) fail(new Error(`the process that stays ended: ${code ?? signal}`));
    });
  }

  async call(args: readonly string[], env: NodeJS.ProcessEnv): Promise<ResidentResult> {
    this.#calls += 1;
    const call: ResidentCall = { id: this.#calls, args, env };
    return await new Promise((done, fail) => {
      this.#waiting.set(call.id, { done, fail });
      this.#process.send(call);
    });
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}
