/**
 * A program that is run to its end, with its output kept.
 *
 * Guarantees: always resolves, within the time limit; the program is not left running.
 * Must not: throw, go through a shell, or run a program that is meant to stay.
 */
import { spawn } from 'node:child_process';

/** Enough for any error text of pip; a program that prints more keeps its last part. */
const OUTPUT_CHARS_MAX = 20_000;

export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  /** Shows the output on stderr while it comes; it is kept as well, save for what pip draws as progress. */
  readonly visible?: boolean;
  /** Whom the program runs as; as this process unless given. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly cwd?: string;
}

export interface CommandResult {
  readonly ok: boolean;
  /** Standard output and error together, in order of arrival. */
  readonly output: string;
  /** Empty when ok; otherwise how it ended. */
  readonly failure: string;
}

export function runCommand(
  program: string,
  args: readonly string[],
  { env, timeoutMs, visible = false, user, cwd }: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    // A visible program writes its standard output to our stderr directly, so that it can draw on a terminal.
    const child = spawn(program, args, {
      env,
      stdio: ['ignore', visible ? 2 : 'pipe', 'pipe'],
      windowsHide: true,
      ...user,
      ...(cwd !== undefined && { cwd }),
    });
    let output = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    const end = (failure: string): void => {
      clearTimeout(timer);
      resolve({ ok: failure === '', output, failure });
    };
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
      if (visible) process.stderr.write(chunk);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('error', (error) => {
      end(error.message);
    });
    child.once('close', (code, signal) => {
      if (timedOut) end(`it did not end within ${timeoutMs / 1000} s`);
      else if (code !== 0) end(signal === null ? `exit code ${code}` : `ended by ${signal}`);
      else end('');
    });
  });
}
