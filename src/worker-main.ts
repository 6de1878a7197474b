/**
 * The worker process: `npm run worker`, or `node dist/worker-main.js`.
 *
 * Guarantees: it prints one line on stdout when it is ready (`worker ready: …`) and logs to stderr. On SIGTERM or SIGINT it
 * takes no more work, lets running tools finish within the drain time, and ends with 0. It ends with 2 when the environment
 * is wrong, and with 1 when the worker breaks.
 */
import type { DataConverter } from '@temporalio/common';
import { Runtime, type Logger, type NativeConnection, type Worker, type WorkerPlugin } from '@temporalio/worker';
import type { ArtifactStore } from './artifacts';
import { openArtifactsOf } from './environment-artifacts';
import { readModelEnvironment, startModels } from './environment-models';
import { openStoreOf, withoutPassword } from './environment-store';
import { messageOf, type DefinedProgram, type LogStore } from './kernel';
import type { MirrorServiceOptions } from './mirror';
import { connectTo, installRuntime } from './server-connection';
import { stopOnSignals, type StopRequest } from './stop-request';
import { createWorker } from './worker';
import {
  isWorkerEnvironmentError,
  loadConverter,
  loadPrograms,
  readWorkerEnvironment,
  WORKER_VARIABLES,
  type WorkerEnvironment,
} from './worker-environment';

/** On top of the drain, before what still runs is given up: a tool that ignores its cancellation must not hold the process. */
const GIVE_UP_MS = 5_000;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(helpText());
    return 0;
  }
  if (args.length > 0) {
    process.stderr.write(`${args.join(' ')}: a worker takes no arguments; see --help\n`);
    return 2;
  }
  const stop = stopOnSignals('worker');
  const environment = readWorkerEnvironment(process.env);
  const modelEnvironment = readModelEnvironment(process.env);
  const programs = await loadPrograms(environment.programsPath);
  if (stop.isAsked()) return 0;
  const { dataConverterPath, store: storeName, artifacts: place, tenant } = environment;
  const dataConverter = dataConverterPath === null ? undefined : await loadConverter(dataConverterPath);
  await installRuntime(environment);
  const connection = await connectTo(environment);
  try {
    const store = storeName === null ? null : await openStoreOf(storeName, tenant);
    try {
      const artifacts = place === null ? null : await openArtifactsOf(place, tenant);
      try {
        const models = await startModels(modelEnvironment, programs, artifacts, process.env);
        try {
          const { plugins } = models;
          const parts = { store, artifacts, dataConverter, plugins };
          const worker = await makeWorker(environment, programs, connection, parts);
          await runUntilStopped(worker, environment, stop, readyLine(environment, programs));
        } finally {
          await models.close();
        }
      } finally {
        await artifacts?.close();
      }
    } finally {
      await store?.close();
    }
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

/** What the environment names beside programs. */
interface WorkerParts {
  readonly store: LogStore | null;
  readonly artifacts: ArtifactStore | null;
  readonly dataConverter: DataConverter | undefined;
  readonly plugins: readonly WorkerPlugin[];
}

async function makeWorker(
  environment: WorkerEnvironment,
  programs: readonly DefinedProgram[],
  connection: NativeConnection,
  { store, artifacts, dataConverter, plugins }: WorkerParts,
): Promise<Worker> {
  const { namespace, taskQueue, workflows, maxCachedWorkflows, drainMs } = environment;
  return await createWorker({
    programs,
    connection,
    namespace,
    taskQueue,
    plugins: [...plugins],
    shutdownGraceTime: drainMs,
    shutdownForceTime: drainMs + GIVE_UP_MS,
    ...(dataConverter === undefined ? {} : { dataConverter }),
    ...(store === null ? {} : { mirror: { store, ...tellingOf(Runtime.instance().logger) } }),
    ...(artifacts === null ? {} : { artifacts }),
    ...(maxCachedWorkflows === null ? {} : { maxCachedWorkflows }),
    ...(workflows?.type === 'source' ? { workflowsPath: workflows.path } : {}),
    ...(workflows?.type === 'bundle' ? { workflowBundle: { codePath: workflows.path } } : {}),
  });
}

/** What goes wrong with the mirror is told and stops nothing. */
function tellingOf(logger: Logger): Pick<MirrorServiceOptions, 'onFailure' | 'onOutage'> {
  return {
    onFailure: ({ runId, reason }) => {
      logger.error(`mirror: run ${runId} can't be mirrored: ${reason}`);
    },
    onOutage: ({ reason }) => {
      logger.warn(`mirror: waiting for what does not answer: ${reason}`);
    },
  };
}

function readyLine(
  { address, namespace, taskQueue, workflows, store, artifacts }: WorkerEnvironment,
  programs: readonly DefinedProgram[],
): string {
  const names = programs.map(({ name }) => name).join(', ');
  const only = workflows === null ? ', tools only (TEMPORAL_KERNEL_WORKFLOWS is not set)' : '';
  const mirrored = store === null ? '' : `, mirrored into ${withoutPassword(store)}`;
  const kept = artifacts === null ? '' : `, artifacts in ${withoutPassword(artifacts)}`;
  return `worker ready: ${names} on task queue ${taskQueue}, namespace ${namespace} at ${address}${only}${mirrored}${kept}`;
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
