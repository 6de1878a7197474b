/**
 * The executable as the package has it: every source compiled by itself, with the programs of the tests beside it. It is made once.
 *
 * The first call of each verb is a process of its own, and so is every call that asks for one, or that only a process can make. Others are
 * made by the same compiled files in one process that stays: to start one costs more than most calls do.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { compileScript } from '../support/compiled-script';
import { ResidentTerminal } from './resident-terminal';

const ROOT = resolve(__dirname, '../..');

/** Longest time of one call. */
const DEADLINE_MS = 90_000;

/** How a call ended, and what it printed. */
export interface Ended {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CallOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Whether it is a process of its own in any case. */
  readonly alone?: boolean;
  readonly stdin?: string;
  /** Stops reading what it prints after so many bytes. */
  readonly stdoutBytesMax?: number;
  /** Told of what it has printed so far, whenever it prints. */
  readonly onPrinted?: (stdout: string) => void;
}

export class CompiledTerminal {
  /** Where its files are; tests may put theirs there too. */
  readonly directory: string;
  /** The module of the tests' programs. */
  readonly programs: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #resident: ResidentTerminal;
  /** Verbs that have been called. */
  readonly #called = new Set<string>();

  private constructor(directory: string, programs: string, env: NodeJS.ProcessEnv) {
    this.directory = directory;
    this.programs = programs;
    this.#env = { ...inherited(), TEMPORAL_KERNEL_PROGRAMS: programs, ...env };
    this.#resident = new ResidentTerminal(directory, inherited());
  }

  /** @param env what every call's environment has */
  static make(env: NodeJS.ProcessEnv): CompiledTerminal {
    const directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-terminal-'));
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
    buildSync({
      entryPoints: sources.filter((source) => source.endsWith('.ts')).map((source) => join(ROOT, 'src', source)),
      outdir: join(directory, 'dist'),
      outbase: join(ROOT, 'src'),
      platform: 'node',
      format: 'cjs',
    });
    for (const shared of ['node_modules', 'package.json']) symlinkSync(join(ROOT, shared), join(directory, shared));
    const programs = compileScript(resolve(__dirname, '../support/player.ts'), directory);
    return new CompiledTerminal(directory, programs, env);
  }

  /** Calls it, and waits for its end. */
  async call(args: readonly string[], options: CallOptions = {}): Promise<Ended> {
    const [verb = ''] = args;
    const { alone = false, stdin, stdoutBytesMax, onPrinted } = options;
    const isFirst = !this.#called.has(verb);
    this.#called.add(verb);
    const needsProcess = stdin !== undefined || stdoutBytesMax !== undefined || onPrinted !== undefined;
    // A flag in the place of a verb, and what prints past the streams that it is given.
    const isWhole = verb.startsWith('-') || verb === 'mirror';
    if (alone || isFirst || needsProcess || isWhole) return await this.#callAlone(args, options);
    return await this.#resident.call(args, { ...this.#env, ...options.env });
  }

  async #callAlone(args: readonly string[], { env, stdin, stdoutBytesMax, onPrinted }: CallOptions): Promise<Ended> {
    const child = spawn(process.execPath, [join(this.directory, 'dist/cli/main.js'), ...args], {
      cwd: this.directory,
      env: { ...this.#env, ...env },
      stdio: 'pipe',
      timeout: DEADLINE_MS,
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin ?? '');
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      onPrinted?.(stdout);
      if (stdoutBytesMax !== undefined && stdout.length >= stdoutBytesMax) child.stdout.destroy();
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    return await new Promise((done, fail) => {
      child.once('error', fail);
      child.once('close', (code, signal) => {
        done({ code: code ?? signal ?? 'SIGKILL', stdout, stderr });
      });
    });
  }

  remove(): void {
    this.#resident.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What names a server or a store in the environment of whoever runs the tests must not reach the calls. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
