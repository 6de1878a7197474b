/**
 * A running server process, seen from the process that started it.
 *
 * Guarantees: the server ends when `stop` is called, and when this process ends, in whatever way: its warden
 * (warden.mjs) sees to that. So no signal handler is needed here, and none is installed. A server does not keep this
 * process alive. Ctrl-C in a terminal does not reach the server: it is for this process to decide.
 * Must not: stop any process but its own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { ServerStartError } from './server-error';

const WARDEN = join(__dirname, 'warden.mjs');
/** Why a start failed is in the first lines; what a panic prints behind them has no end. */
const HEAD_CHARS_MAX = 16_000;
const TAIL_CHARS_MAX = 4_000;
/** On top of the grace that the server has, before the warden itself is held to be stuck. */
const WARDEN_GRACE_MS = 10_000;

export interface ServerProcess {
  readonly pid: number;
  /** Aborted as soon as the process is gone. */
  readonly gone: AbortSignal;
  /** What the server has printed: how that began, and how it ended. */
  readonly output: () => string;
  /** Resolves when the process is gone. May be called more than once. */
  readonly stop: () => Promise<void>;
}

export interface ServerProcessOptions {
  readonly executable: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** How long the server may take to end by itself; with 0 it is killed at once. */
  readonly stopGraceMs: number;
  /** What asks the server to end; SIGTERM unless given. */
  readonly stopSignal?: NodeJS.Signals;
  /** Whom the server runs as; as this process unless given. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** A directory that is removed when the server is gone, however this process ends. */
  readonly removeAfter?: string;
}

export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { executable, args, env, stopGraceMs, stopSignal = 'SIGTERM', user, removeAfter } = options;
  const how = JSON.stringify({ stopGraceMs, stopSignal, user, removeAfter });
  const warden = fork(WARDEN, [how, executable, ...args], {
    env,
    execArgv: [],
    // A process group of its own, which the terminal's Ctrl-C does not reach.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output = keepOutput(warden);
  const gone = new AbortController();
  const end = untilGone(warden).then(() => {
    gone.abort();
  });

  const pid = await new Promise<number | undefined>((resolve, reject) => {
    warden.once('message', (message) => {
      resolve(pidIn(message));
    });
    warden.once('error', reject);
    void end.then(() => {
      resolve(undefined);
    });
  });
  if (pid === undefined) {
    throw new ServerStartError('SERVER_EXITED', `${executable} could not be started.\n${output()}`);
  }
  release(warden);

  const stop = async (): Promise<void> => {
    if (gone.signal.aborted) return;
    hold(warden);
    if (warden.connected) warden.disconnect();
    const stuck = setTimeout(() => {
      warden.kill('SIGKILL');
      killServer(pid);
    }, stopGraceMs + WARDEN_GRACE_MS);
    await end;
    clearTimeout(stuck);
  };
  warden.once('exit', (_code, signal) => {
    // The warden itself was killed from outside; the server has lost its parent, not its process id.
    if (signal !== null) killServer(pid);
  });
  return { pid, gone: gone.signal, output, stop };
}

/**
 * The output closes when the last holder is gone, and the server itself holds it: then the server is gone too. The
 * event `close` of the warden would say the same, but Node leaves it out after a disconnect from our side.
 */
async function untilGone(warden: ChildProcess): Promise<void> {
  const outputs = [warden.stdout, warden.stderr].filter((stream) => stream !== null);
  await Promise.all([
    new Promise<void>((resolve) => {
      warden.once('exit', () => {
        resolve();
      });
      // Comes alone when the warden could not be started.
      warden.once('error', () => {
        resolve();
      });
    }),
    ...outputs.map((stream) => new Promise((resolve) => stream.once('close', resolve))),
  ]);
}

/** Lets this process end although the server is up. */
function release(warden: ChildProcess): void {
  warden.unref();
  warden.channel?.unref();
  for (const stream of [warden.stdout, warden.stderr]) if (stream instanceof Socket) stream.unref();
}

/** Takes `release` back, for somebody waits for the end now. */
function hold(warden: ChildProcess): void {
  warden.ref();
  for (const stream of [warden.stdout, warden.stderr]) if (stream instanceof Socket) stream.ref();
}

function keepOutput(warden: ChildProcess): () => string {
  let head = '';
  let tail = '';
  let leftOut = 0;
  const keep = (text: string): void => {
    const room = HEAD_CHARS_MAX - head.length;
    head += text.slice(0, room);
    tail += text.slice(room);
    leftOut += Math.max(0, tail.length - TAIL_CHARS_MAX);
    tail = tail.slice(-TAIL_CHARS_MAX);
  };
  warden.stdout?.setEncoding('utf8').on('data', keep);
  warden.stderr?.setEncoding('utf8').on('data', keep);
  return () => [head, ...(leftOut > 0 ? [`\n... ${leftOut} more characters ...\n`] : []), tail].join('').trimEnd();
}

function killServer(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function pidIn(message: unknown): number | undefined {
  if (typeof message !== 'object' || message === null || !Object.hasOwn(message, 'pid')) return undefined;
  const { pid } = message as { readonly pid?: unknown };
  return typeof pid === 'number' ? pid : undefined;
}
