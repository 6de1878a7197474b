/**
 * A local Temporal development server for the demo and the tests.
 *
 * Guarantees: it listens on the loopback interface only, on ports that nobody else has; it has answered a real call
 * before it is handed out; it is gone when `stop` resolves, and it does not outlive this process.
 * A server named by TEMPORAL_ADDRESS is used as it is: it is neither started nor stopped.
 * Must not: serve production.
 */
import { waitUntilAnswering } from './answering';
import { freePorts, LOOPBACK } from './free-ports';
import {
  obtainExecutable,
  type ObtainOptions,
  obtainServer,
  reportToStderr,
  type ServerExecutable,
} from './obtain-server';
import { ServerStartError } from './server-error';
import { type ServerProcess, startServerProcess } from './server-process';
import { setting } from './setting';

export interface DevServerOptions extends ObtainOptions {
  /** Serves the Web UI too, on a port of its own. */
  readonly ui?: boolean;
  /** `default` unless given; created at the start. `default` itself is always there. */
  readonly namespace?: string;
  /** Keeps what happened in this file, across restarts. Without it, all is in memory. */
  readonly dbFilename?: string;
  /** How SQLite keeps that file: with a write-ahead log (`WAL`) unless given, or in its own default mode (`DELETE`). */
  readonly journalMode?: JournalMode;
  /** A fixed port, for a server that must come back at the same address; a free one unless given. */
  readonly port?: number;
  /** Added to, or in place of, the values of `DEV_SERVER_DYNAMIC_CONFIG`. */
  readonly dynamicConfig?: DynamicConfig;
  /** Further arguments for `temporal server start-dev`. */
  readonly extraArgs?: readonly string[];
  /** Starts a server of its own even when TEMPORAL_ADDRESS names one. */
  readonly ownServer?: boolean;
  readonly startTimeoutMs?: number;
}

export interface DevServer {
  readonly address: string;
  readonly namespace: string;
  readonly uiAddress?: string;
  /** The server's process id; absent when somebody else started it. */
  readonly pid?: number;
  /** Resolves when the server is gone. May be called more than once. */
  readonly stop: () => Promise<void>;
}

export type DynamicConfig = Readonly<Record<string, string | number | boolean>>;

/** Out of the box the development server polls its own queues 20 times a second: each activity would take 50 ms. */
export const DEV_SERVER_DYNAMIC_CONFIG: DynamicConfig = {
  'history.transferProcessorMaxPollRPS': 5000,
  'history.timerProcessorMaxPollRPS': 5000,
  // Timers shorter than this shift fire late: by default a retry in 50 ms would come after a second.
  'history.timerProcessorMaxTimeShift': '10ms',
};

/**
 * A file in SQLite's default mode is written twice and synced twice for each transaction, and whoever reads waits for whoever writes.
 * With a write-ahead log it is one append and nobody waits. A server that is killed loses nothing by it.
 */
export type JournalMode = 'WAL' | 'DELETE';

const START_TIMEOUT_MS = 60_000;
/** A server that runs already has nothing to start. */
const RUNNING_TIMEOUT_MS = 10_000;
/** A server with a file gets time to write it; one in memory has nothing to lose and is killed at once. */
const STOP_GRACE_MS = 5_000;
const PORT_ATTEMPTS_MAX = 5;

/** @throws ServerUnavailableError when there is no server; ServerStartError when there is one that does not work. */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  const server = await (options.ownServer === true ? obtainExecutable('dev', options) : obtainServer('dev', options));
  return server.type === 'running' ? await useRunning(server.address, options) : await startOwn(server, options);
}

async function useRunning(address: string, options: DevServerOptions): Promise<DevServer> {
  const { env = process.env, report = reportToStderr, startTimeoutMs = RUNNING_TIMEOUT_MS } = options;
  const namespace = options.namespace ?? setting(env, 'TEMPORAL_NAMESPACE') ?? 'default';
  report(`Using the Temporal server at ${address} (TEMPORAL_ADDRESS), namespace "${namespace}".`);
  try {
    await waitUntilAnswering(address, namespace, { timeoutMs: startTimeoutMs });
  } catch (error) {
    if (!(error instanceof ServerStartError)) throw error;
    // No other way is tried: whoever names a server wants that one.
    const advice = 'What to do: start that server, or unset TEMPORAL_ADDRESS to have one started for you.';
    throw new ServerStartError(error.code, `${error.message}\n${advice}`, { cause: error });
  }
  return { address, namespace, stop: () => Promise.resolve() };
}

async function startOwn(server: ServerExecutable, options: DevServerOptions): Promise<DevServer> {
  for (let attempt = 1; ; attempt += 1) {
    const started = await startOnce(server, options);
    if ('address' in started) return started;
    // Between our look at a port and the server's use of it, somebody else may have taken it, and so with those that it finds for its parts.
    // A port that was asked for may be held for a moment too: a client that looks for the server that was there before can get it as its own.
    const portTaken = /address already in use|failed assigning ephemeral port/i.test(started.output);
    if (portTaken && attempt < PORT_ATTEMPTS_MAX) continue;
    throw new ServerStartError(
      started.failure.code,
      `${started.failure.message}\n${server.path} (${server.version}) printed:\n${started.output || '(nothing)'}`,
      { cause: started.failure },
    );
  }
}

interface FailedStart {
  readonly failure: ServerStartError;
  readonly output: string;
}

async function startOnce(server: ServerExecutable, options: DevServerOptions): Promise<DevServer | FailedStart> {
  const { env = process.env, namespace = 'default', startTimeoutMs: timeoutMs = START_TIMEOUT_MS } = options;
  const [freePort, uiPort] = (await freePorts(2)) as [number, number];
  const port = options.port ?? freePort;
  const serverProcess = await startServerProcess({
    executable: server.path,
    args: startArgs(port, uiPort, namespace, options),
    env,
    stopGraceMs: options.dbFilename === undefined ? 0 : STOP_GRACE_MS,
  });
  const address = `${LOOPBACK}:${port}`;
  const failure = await waitForProcess(serverProcess, address, namespace, timeoutMs);
  if (failure !== undefined) {
    await serverProcess.stop();
    return { failure, output: serverProcess.output() };
  }
  const { pid, stop } = serverProcess;
  return { address, namespace, pid, stop, ...(options.ui === true && { uiAddress: `http://${LOOPBACK}:${uiPort}` }) };
}

async function waitForProcess(
  serverProcess: ServerProcess,
  address: string,
  namespace: string,
  timeoutMs: number,
): Promise<ServerStartError | undefined> {
  try {
    await waitUntilAnswering(address, namespace, { timeoutMs, gone: serverProcess.gone });
  } catch (error) {
    if (!(error instanceof ServerStartError)) throw error;
    if (!serverProcess.gone.aborted) return error;
  }
  // Also when there was an answer: if ours has ended, the answer came from somebody else's server on that port.
  if (!serverProcess.gone.aborted) return undefined;
  return new ServerStartError('SERVER_EXITED', 'The Temporal server ended before it answered.');
}

function startArgs(port: number, uiPort: number, namespace: string, options: DevServerOptions): readonly string[] {
  const { dbFilename, journalMode = 'WAL', ui = false, dynamicConfig, extraArgs = [] } = options;
  const config = Object.entries({ ...DEV_SERVER_DYNAMIC_CONFIG, ...dynamicConfig });
  return [
    ...['server', 'start-dev', '--ip', LOOPBACK, '--port', String(port)],
    ...['--namespace', namespace, '--log-level', 'warn'],
    ...(ui ? ['--ui-port', String(uiPort)] : ['--headless']),
    ...(dbFilename === undefined
      ? []
      : ['--db-filename', dbFilename, '--sqlite-pragma', `journal_mode=${journalMode}`]),
    ...config.flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${JSON.stringify(value)}`]),
    ...extraArgs,
  ];
}
