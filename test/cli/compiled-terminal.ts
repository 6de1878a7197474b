/**
 * The executable as the package has it: every source compiled by itself, with the programs of the tests beside it. It is made once,
 * and each call of it is a process of its own.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { compileScript } from '../support/compiled-script';

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

  private constructor(directory: string, programs: string, env: NodeJS.ProcessEnv) {
    this.directory = directory;
    this.programs = programs;
    this.#env = env;
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
    return new CompiledTerminal(directory, programs, { TEMPORAL_KERNEL_PROGRAMS: programs, ...env });
  }

  /** Calls it, and waits for its end. */
  async call(args: readonly string[], { env, stdin, stdoutBytesMax, onPrinted }: CallOptions = {}): Promise<Ended> {
    const child = spawn(process.execPath, [join(this.directory, 'dist/cli/main.js'), ...args], {
      cwd: this.directory,
      env: { ...inherited(), ...this.#env, ...env },
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
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What names a server or a store in the environment of whoever runs the tests must not reach the calls. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
