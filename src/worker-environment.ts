/**
 * What the environment tells a worker process (`worker-main.ts`), the mirror's (`mirror-main.ts`) and the terminal's (`cli/`).
 *
 * Guarantees: everything is read and checked before anything is connected; an error names the variable, what is wrong with
 * it and what to do.
 */
import type { TLSConfig } from '@temporalio/client';
import {
  DRAIN_MS,
  Variables,
  WorkerEnvironmentError,
  type LogLevel,
  type WorkflowsPlace,
} from './environment-variables';
import type { TenantId } from './kernel';
import { DEFAULT_TASK_QUEUE } from './task-queue';

export { loadConverter, loadPrograms } from './environment-modules';
export {
  DRAIN_MS,
  isWorkerEnvironmentError,
  WORKER_VARIABLES,
  WorkerEnvironmentError,
  type WorkerVariable,
} from './environment-variables';

/** What any process of ours is configured with. */
export interface ProcessEnvironment {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly apiKey: string | null;
  /** Null when it is not said: Temporal's own default, which is TLS when there is an API key. */
  readonly tls: TLSConfig | boolean | null;
  /** The module whose exports are the programs; null where none is named. */
  readonly programsPath: string | null;
  /** Where the workflows are; null for a worker that runs only tools. */
  readonly workflows: WorkflowsPlace | null;
  readonly logLevel: LogLevel;
  /** Null for Temporal's own default. */
  readonly maxCachedWorkflows: number | null;
  /** How long running tools may go on after SIGTERM, in milliseconds. */
  readonly drainMs: number;
  /** Where runs are mirrored: the path of a file, or the URL of a PostgreSQL database; null for nowhere. */
  readonly store: string | null;
  /** Whose runs are mirrored, and whose artifacts are kept. */
  readonly tenant: TenantId;
  /** Where tools keep artifacts: a folder, `sqlite:FILE`, or the URL of a PostgreSQL database; null for nowhere. */
  readonly artifacts: string | null;
  /** The module that exports the data converter; null for Temporal's own. */
  readonly dataConverterPath: string | null;
  /** Where Prometheus can read metrics, as host:port; null for nowhere. */
  readonly metricsAddress: string | null;
}

/** What a worker process is configured with: it has nothing to do without programs. */
export interface WorkerEnvironment extends ProcessEnvironment {
  readonly programsPath: string;
}

/** The longest drain that can be asked for: one day. */
const DRAIN_MS_MAX = 86_400_000;

const CACHED_WORKFLOWS_MAX = 1_000_000;

/**
 * Reads the environment of a worker.
 *
 * @throws WorkerEnvironmentError
 */
export function readWorkerEnvironment(env: NodeJS.ProcessEnv): WorkerEnvironment {
  const environment = readProcessEnvironment(env);
  const { programsPath } = environment;
  if (programsPath !== null) return { ...environment, programsPath };
  throw new WorkerEnvironmentError(
    'TEMPORAL_KERNEL_PROGRAMS',
    'is not set, so there is nothing to run',
    'set it to the path of the module that exports your programs.',
  );
}

/**
 * Reads the environment of a process that may do without programs.
 *
 * @throws WorkerEnvironmentError
 */
export function readProcessEnvironment(env: NodeJS.ProcessEnv): ProcessEnvironment {
  const variables = new Variables(env);
  return {
    address: variables.address(),
    namespace: variables.text('TEMPORAL_NAMESPACE') ?? 'default',
    taskQueue: variables.text('TEMPORAL_TASK_QUEUE') ?? DEFAULT_TASK_QUEUE,
    apiKey: variables.text('TEMPORAL_API_KEY'),
    tls: variables.tls(),
    programsPath: variables.file('TEMPORAL_KERNEL_PROGRAMS'),
    workflows: variables.workflows(),
    logLevel: variables.logLevel(),
    maxCachedWorkflows: variables.count('TEMPORAL_KERNEL_MAX_CACHED_WORKFLOWS', CACHED_WORKFLOWS_MAX),
    drainMs: variables.count('TEMPORAL_KERNEL_DRAIN_MS', DRAIN_MS_MAX) ?? DRAIN_MS,
    store: variables.text('TEMPORAL_KERNEL_STORE'),
    tenant: variables.tenant(),
    artifacts: variables.text('TEMPORAL_KERNEL_ARTIFACTS'),
    dataConverterPath: variables.file('TEMPORAL_KERNEL_DATA_CONVERTER'),
    metricsAddress: variables.metricsAddress(),
  };
}
