/**
 * The worker process: `npm run worker`, or `node dist/worker-main.js`.
 *
 * Guarantees: it prints one line on stdout when it is ready (`worker ready: …`) and logs to stderr. On SIGTERM or SIGINT it
 * takes no more work, lets running tools finish within the drain time, and ends with 0. It ends with 2 when the environment
 * is wrong, and with 1 when the worker breaks.
 */
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { messageOf, type DefinedProgram } from './kernel';
import { createWorker } from './worker';
import {
  isWorkerEnvironmentError,
  loadPrograms,
  readWorkerEnvironment,
  WORKER_VARIABLES,
  WorkerEnvironmentError,
  type WorkerEnvironment,
} from './worker-environment';

/** On top of the drain, before what still runs is given up: a tool that ignores its cancellation must not hold the process. */
const GIVE_UP_MS = 5_000;

/** One Ctrl-C can arrive several times: from the terminal, and from whoever started us. */
const SAME_SIGNAL_MS = 1_000;

const GRPC_NOT_FOUND = 5;

/** A promise of a stop, and what a stop that is asked for again means. */
interface StopRequest {
  readonly asked: Promise<void>;
  isAsked(): boolean;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpText());
    return 0;
  }
  if (args.length > 0) {
    process.stderr.write(`${args.join(' ')}: a worker takes no arguments; see --help\n`);
    return 2;
  }
  const stop = stopOnSignals();
  const environment = readWorkerEnvironment(process.env);
  const programs = await loadPrograms(environment.programsPath);
  if (stop.isAsked()) return 0;
  installRuntime(environment);
  const connection = await connect(environment);
  try {
    await assertNamespace(connection, environment);
    const worker = await makeWorker(environment, programs, connection);
    await runUntilStopped(worker, environment, stop, readyLine(environment, programs));
  } finally {
    await connection.close();
  }
  return 0;
}

async function runUntilStopped(
  worker: Worker,
  environment: WorkerEnvironment,
  stop: StopRequest,
  ready: string,
): Promise<void> {
  const ended = worker.run();
  process.stdout.write(`${ready}\n`);
  void stop.asked.then(() => {
    if (worker.getState() !== 'RUNNING') return;
    process.stdout.write(`worker draining: running tools have ${environment.drainMs} ms to finish\n`);
    worker.shutdown();
  });
  await ended;
  process.stdout.write('worker stopped\n');
}

async function makeWorker(
  environment: WorkerEnvironment,
  programs: readonly DefinedProgram[],
  connection: NativeConnection,
): Promise<Worker> {
  const { namespace, taskQueue, workflows, maxCachedWorkflows, drainMs } = environment;
  return await createWorker({
    programs,
    connection,
    namespace,
    taskQueue,
    shutdownGraceTime: drainMs,
    shutdownForceTime: drainMs + GIVE_UP_MS,
    ...(maxCachedWorkflows === null ? {} : { maxCachedWorkflows }),
    ...(workflows?.type === 'source' ? { workflowsPath: workflows.path } : {}),
    ...(workflows?.type === 'bundle' ? { workflowBundle: { codePath: workflows.path } } : {}),
  });
}

async function connect({ address, apiKey, tls }: WorkerEnvironment): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect({
      address,
      ...(apiKey === null ? {} : { apiKey }),
      ...(tls === null ? {} : { tls }),
    });
  } catch (error) {
    throw new WorkerEnvironmentError(
      'TEMPORAL_ADDRESS',
      `is ${address}, where no Temporal server answers: ${messageOf(error)}`,
      'start a server there (`temporal server start-dev` is one), or set TEMPORAL_ADDRESS to where one runs.',
      { cause: error },
    );
  }
}

/** Whoever may not look at the namespace may still work in it: only one that is not there is an error here. */
async function assertNamespace(connection: NativeConnection, { namespace, address }: WorkerEnvironment): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    if (codeOf(error) !== GRPC_NOT_FOUND) return;
    throw new WorkerEnvironmentError(
      'TEMPORAL_NAMESPACE',
      `is ${namespace}, and the server at ${address} has no such namespace`,
      `create it (\`temporal operator namespace create --namespace ${namespace}\`), or name one that is there.`,
      { cause: error },
    );
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function installRuntime({ logLevel }: WorkerEnvironment): void {
  Runtime.install({
    logger: new DefaultLogger(logLevel),
    // The signals are ours: one that comes before the worker exists must count too.
    shutdownSignals: [],
  });
}

function stopOnSignals(): StopRequest {
  let askedAtMs: number | null = null;
  const asked = new Promise<void>((resolve) => {
    const onSignal = (): void => {
      if (askedAtMs !== null && Date.now() - askedAtMs > SAME_SIGNAL_MS) {
        process.stderr.write('worker stopped at once, without draining\n');
        process.exit(1);
      }
      askedAtMs ??= Date.now();
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
  return { asked, isAsked: () => askedAtMs !== null };
}

function readyLine(
  { address, namespace, taskQueue, workflows }: WorkerEnvironment,
  programs: readonly DefinedProgram[],
): string {
  const names = programs.map(({ name }) => name).join(', ');
  const only = workflows === null ? ', tools only (TEMPORAL_KERNEL_WORKFLOWS is not set)' : '';
  return `worker ready: ${names} on task queue ${taskQueue}, namespace ${namespace} at ${address}${only}`;
}

function helpText(): string {
  const width = Math.max(...Object.keys(WORKER_VARIABLES).map(({ length }) => length));
  const lines = Object.entries(WORKER_VARIABLES).map(([variable, says]) => `  ${variable.padEnd(width)}  ${says}`);
  return [
    'A worker for programs: runs their workflows and tools. It is configured from the environment:',
    '',
    ...lines,
    '',
  ].join('\n');
}

/** A wrong environment needs no stack; anything else is a fault whose place matters. */
function textOf(error: unknown): string {
  const stack = error instanceof Error && !isWorkerEnvironmentError(error) ? error.stack : undefined;
  return stack ?? messageOf(error);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const expected = isWorkerEnvironmentError(error);
    process.stderr.write(`${textOf(error)}\n`);
    process.exit(expected ? 2 : 1);
  },
);
