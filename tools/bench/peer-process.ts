/**
 * The process of a peer (peers/serve.mjs), seen from here. What the peers need is not installed with the project, so nothing of it is imported: their code is
 * plain JavaScript, and what is said to it is typed here.
 *
 * Guarantees: an answer comes within a limit of time, or an error that has the last lines that the process printed; the process ends when this one does.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { PeerLoad } from './peer';

const SERVE = join(__dirname, 'peers', 'serve.mjs');
const OPEN_MS_MAX = 120_000;
const LOAD_MS_MAX = 10 * 60_000;
const CLOSE_MS_MAX = 15_000;
const TAIL_CHARS_MAX = 2_000;

/** Nothing is told to anybody, and nothing is traced. */
const QUIET = {
  DO_NOT_TRACK: '1',
  LANGCHAIN_TRACING_V2: 'false',
  LANGSMITH_TRACING: 'false',
  RESTATE_LOGGING: 'ERROR',
};

/** A peer's module that is open. */
export class PeerProcess {
  readonly #child: ChildProcess;
  #tail = '';

  private constructor() {
    this.#child = fork(SERVE, [], { env: { ...process.env, ...QUIET }, execArgv: ['--no-deprecation'], silent: true });
    // Whoever asks hears of it; a channel that breaks while nobody does is not worth this process.
    this.#child.on('error', () => undefined);
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      output?.on('data', (chunk: Buffer) => {
        this.#tail = (this.#tail + chunk.toString()).slice(-TAIL_CHARS_MAX);
      });
    }
  }

  /** Starts a process and has it open a module of the folder `peers`. */
  static async open(module: string, settings: Readonly<Record<string, string>>): Promise<PeerProcess> {
    const peer = new PeerProcess();
    try {
      await peer.#ask({ module: `./${module}`, settings }, OPEN_MS_MAX);
      return peer;
    } catch (error) {
      await peer.close();
      throw error;
    }
  }

  async takesMs(load: PeerLoad): Promise<number> {
    const { ms } = await this.#ask(load, LOAD_MS_MAX);
    if (typeof ms === 'number') return ms;
    throw new Error('the process of the peer gave no time');
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    const stuck = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_MS_MAX);
    if (this.#child.connected) this.#child.disconnect();
    await exited;
    clearTimeout(stuck);
  }

  async #ask(request: object, msMax: number): Promise<{ readonly ms?: unknown }> {
    const given = new AbortController();
    const onExit = (): void => {
      given.abort(this.#ended());
    };
    this.#child.once('exit', onExit);
    const late = setTimeout(() => {
      given.abort(new Error(`it did not answer within ${msMax / 1_000} s: ${this.#tail.trim()}`));
    }, msMax);
    try {
      if (!this.#child.connected) throw this.#ended();
      const answered = once(this.#child, 'message', { signal: given.signal });
      this.#child.send(request);
      const [answer] = (await answered) as readonly { readonly failure?: string; readonly ms?: unknown }[];
      if (answer?.failure !== undefined) throw new Error(answer.failure);
      return answer ?? {};
    } catch (error) {
      throw given.signal.aborted ? (given.signal.reason as Error) : error;
    } finally {
      clearTimeout(late);
      this.#child.off('exit', onExit);
    }
  }

  #ended(): Error {
    const { exitCode, signalCode } = this.#child;
    return new Error(`its process has ended (${signalCode ?? exitCode}) ${this.#tail.trim()}`.trim());
  }
}
