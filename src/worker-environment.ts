/**
 * What the environment tells a worker process (`worker-main.ts`), the mirror's (`mirror-main.ts`) and the terminal's (`cli/`).
 *
 * Guarantees: everything is read and checked before anything is connected; an error names the variable, what is wrong with
 * it and what to do. It reads the environment that it is given, and loads the modules and certificates that it names; nothing
 * else.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TLSConfig } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { assertTenantId, DEFAULT_TENANT, messageOf, type DefinedProgram, type TenantId } from './kernel';
import { DEFAULT_TASK_QUEUE } from './task-queue';

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
  readonly workflows: { readonly type: 'source' | 'bundle'; readonly path: string } | null;
  readonly logLevel: LogLevel;
  /** Null for Temporal's own default. */
  readonly maxCachedWorkflows: number | null;
  /** How long running tools may go on after SIGTERM, in milliseconds. */
  readonly drainMs: number;
  /** Where runs are mirrored: the path of a file, or the URL of a PostgreSQL database; null for nowhere. */
  readonly store: string | null;
  /** Whose runs are mirrored. */
  readonly tenant: TenantId;
  /** The module that exports the data converter; null for Temporal's own. */
  readonly dataConverterPath: string | null;
  /** Where Prometheus can read metrics, as host:port; null for nowhere. */
  readonly metricsAddress: string | null;
}

/** What a worker process is configured with: it has nothing to do without programs. */
export interface WorkerEnvironment extends ProcessEnvironment {
  readonly programsPath: string;
}

const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How long a drain takes at most unless told otherwise: orchestrators commonly kill after thirty seconds. */
export const DRAIN_MS = 20_000;

/** The longest drain that can be asked for: one day. */
const DRAIN_MS_MAX = 86_400_000;

const CACHED_WORKFLOWS_MAX = 1_000_000;

/** Every variable that is read, and what it says: the text of `--help`. */
export const WORKER_VARIABLES = {
  TEMPORAL_ADDRESS: 'host:port of the Temporal server; default localhost:7233',
  TEMPORAL_NAMESPACE: 'default `default`',
  TEMPORAL_TASK_QUEUE: `default ${DEFAULT_TASK_QUEUE}`,
  TEMPORAL_API_KEY: 'for Temporal Cloud; turns TLS on',
  TEMPORAL_TLS: '`true` or `false`',
  TEMPORAL_TLS_CLIENT_CERT_PATH: 'the file of the certificate that this process shows the server; turns TLS on',
  TEMPORAL_TLS_CLIENT_KEY_PATH: 'the file of the key to it',
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: 'the file of the certificate that vouches for the server; turns TLS on',
  TEMPORAL_TLS_SERVER_NAME: 'the name on the server’s certificate, where it is not the address',
  TEMPORAL_KERNEL_PROGRAMS: 'required: the module whose exports are programs made by defineProgram',
  TEMPORAL_KERNEL_WORKFLOWS: 'the workflows file; without it the worker runs only tools',
  TEMPORAL_KERNEL_WORKFLOW_BUNDLE: 'a bundle made of that file before, in its place',
  TEMPORAL_KERNEL_LOG_LEVEL: `${LOG_LEVELS.join(', ')}; default INFO; logs go to stderr`,
  TEMPORAL_KERNEL_MAX_CACHED_WORKFLOWS: 'runs that are kept in memory between their steps; 0 replays every one',
  TEMPORAL_KERNEL_DRAIN_MS: `how long running tools may go on after SIGTERM; default ${DRAIN_MS}`,
  TEMPORAL_KERNEL_STORE: 'where runs are mirrored as they move: a file, or postgres://…; without it nowhere',
  TEMPORAL_KERNEL_TENANT: `whose runs are mirrored; default ${DEFAULT_TENANT}`,
  TEMPORAL_KERNEL_DATA_CONVERTER: 'the module that exports your `dataConverter`, if payloads go through one',
  TEMPORAL_KERNEL_METRICS: 'host:port where Prometheus can read metrics; without it nowhere',
} as const;

export type WorkerVariable = keyof typeof WORKER_VARIABLES;

/** A variable that is missing or wrong. Match on `code` and `variable`, not on the class. */
export class WorkerEnvironmentError extends Error {
  override readonly name = 'WorkerEnvironmentError';
  readonly code = 'InvalidWorkerEnvironment';

  constructor(
    readonly variable: WorkerVariable,
    wrong: string,
    advice: string,
    options?: ErrorOptions,
  ) {
    super(`${variable} ${wrong}\nWhat to do: ${advice}`, options);
  }
}

export function isWorkerEnvironmentError(error: unknown): error is WorkerEnvironmentError {
  return codeOf(error) === 'InvalidWorkerEnvironment';
}

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
    dataConverterPath: variables.file('TEMPORAL_KERNEL_DATA_CONVERTER'),
    metricsAddress: variables.metricsAddress(),
  };
}

/**
 * Loads the programs that a module exports: CommonJS or ES module, and TypeScript where the process can read it.
 *
 * @throws WorkerEnvironmentError
 */
export async function loadPrograms(path: string): Promise<readonly DefinedProgram[]> {
  let exported: unknown;
  try {
    exported = await load(path);
  } catch (error) {
    throw new WorkerEnvironmentError(
      'TEMPORAL_KERNEL_PROGRAMS',
      `names ${path}, which can't be loaded: ${messageOf(error)}`,
      'mend that module, or name another one.',
      { cause: error },
    );
  }
  const programs = programsIn(exported);
  if (programs.length > 0) return programs;
  throw new WorkerEnvironmentError(
    'TEMPORAL_KERNEL_PROGRAMS',
    `names ${path}, which exports no program`,
    'export what defineProgram returns from that module, or name another one.',
  );
}

/**
 * Loads the data converter that a module exports.
 *
 * @throws WorkerEnvironmentError
 */
export async function loadConverter(path: string): Promise<DataConverter> {
  const variable = 'TEMPORAL_KERNEL_DATA_CONVERTER';
  let exported: unknown;
  try {
    exported = await load(path);
  } catch (error) {
    const wrong = `names ${path}, which can't be loaded: ${messageOf(error)}`;
    throw new WorkerEnvironmentError(variable, wrong, 'mend that module, or name another one.', { cause: error });
  }
  const members: Readonly<Record<string, unknown>> = isObject(exported) ? exported : {};
  const converter =
    members['dataConverter'] ?? (isObject(members['default']) ? members['default']['dataConverter'] : undefined);
  if (isObject(converter)) return converter;
  throw new WorkerEnvironmentError(
    variable,
    `names ${path}, which exports no \`dataConverter\``,
    'export the object that you give to clients and workers as `dataConverter` from that module under that name.',
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

class Variables {
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** An empty variable is one that is not set. */
  text(variable: WorkerVariable): string | null {
    const text = this.#env[variable]?.trim() ?? '';
    return text === '' ? null : text;
  }

  address(): string {
    const address = this.text('TEMPORAL_ADDRESS') ?? 'localhost:7233';
    if (isAddress(address, '7233')) return address;
    throw this.#wrong('TEMPORAL_ADDRESS', 'give it as host:port, without a scheme, like localhost:7233.');
  }

  metricsAddress(): string | null {
    const address = this.text('TEMPORAL_KERNEL_METRICS');
    if (address === null || isAddress(address, '')) return address;
    throw this.#wrong('TEMPORAL_KERNEL_METRICS', 'give it as host:port, like 127.0.0.1:9464, or leave it out.');
  }

  tenant(): TenantId {
    const tenant = this.text('TEMPORAL_KERNEL_TENANT') ?? DEFAULT_TENANT;
    try {
      assertTenantId(tenant);
      return tenant;
    } catch (error) {
      throw this.#wrong('TEMPORAL_KERNEL_TENANT', `${messageOf(error)}; or leave it out.`);
    }
  }

  flag(variable: WorkerVariable): boolean | null {
    const text = this.text(variable);
    if (text === null) return null;
    if (/^(true|1)$/i.test(text)) return true;
    if (/^(false|0)$/i.test(text)) return false;
    throw this.#wrong(variable, 'set it to true or false, or leave it out.');
  }

  /** Certificates turn TLS on by themselves, and `TEMPORAL_TLS=false` can't be meant beside them. */
  tls(): TLSConfig | boolean | null {
    const flag = this.flag('TEMPORAL_TLS');
    const crt = this.bytes('TEMPORAL_TLS_CLIENT_CERT_PATH');
    const key = this.bytes('TEMPORAL_TLS_CLIENT_KEY_PATH');
    const serverRootCACertificate = this.bytes('TEMPORAL_TLS_SERVER_CA_CERT_PATH');
    const serverNameOverride = this.text('TEMPORAL_TLS_SERVER_NAME');
    if ((crt === null) !== (key === null)) {
      const missing = crt === null ? 'TEMPORAL_TLS_CLIENT_CERT_PATH' : 'TEMPORAL_TLS_CLIENT_KEY_PATH';
      throw new WorkerEnvironmentError(missing, 'is not set, and its counterpart is', 'set both, or neither.');
    }
    if (crt === null && serverRootCACertificate === null && serverNameOverride === null) return flag;
    if (flag === false) throw this.#wrong('TEMPORAL_TLS', 'leave it out, or leave the certificates out.');
    return {
      ...(crt === null || key === null ? {} : { clientCertPair: { crt, key } }),
      ...(serverRootCACertificate === null ? {} : { serverRootCACertificate }),
      ...(serverNameOverride === null ? {} : { serverNameOverride }),
    };
  }

  bytes(variable: WorkerVariable): Buffer | null {
    const path = this.file(variable);
    if (path === null) return null;
    try {
      return readFileSync(path);
    } catch (error) {
      const wrong = `names ${path}, which can't be read: ${messageOf(error)}`;
      throw new WorkerEnvironmentError(variable, wrong, 'let this process read that file.', { cause: error });
    }
  }

  count(variable: WorkerVariable, max: number): number | null {
    const text = this.text(variable);
    if (text === null) return null;
    if (/^\d{1,15}$/.test(text) && Number(text) <= max) return Number(text);
    throw this.#wrong(variable, `set it to a whole number from 0 to ${max}, or leave it out.`);
  }

  logLevel(): LogLevel {
    const text = this.text('TEMPORAL_KERNEL_LOG_LEVEL') ?? 'INFO';
    const level = LOG_LEVELS.find((known) => known === text.toUpperCase());
    if (level !== undefined) return level;
    throw this.#wrong('TEMPORAL_KERNEL_LOG_LEVEL', `set it to one of ${LOG_LEVELS.join(', ')}, or leave it out.`);
  }

  workflows(): WorkerEnvironment['workflows'] {
    const source = this.file('TEMPORAL_KERNEL_WORKFLOWS');
    const bundle = this.file('TEMPORAL_KERNEL_WORKFLOW_BUNDLE');
    // A bundle is what the file was made into: with both, the file need not be bundled again.
    if (bundle !== null) return { type: 'bundle', path: bundle };
    return source === null ? null : { type: 'source', path: source };
  }

  file(variable: WorkerVariable): string | null {
    const text = this.text(variable);
    if (text === null) return null;
    const path = resolve(text);
    if (existsSync(path) && statSync(path).isFile()) return path;
    throw new WorkerEnvironmentError(
      variable,
      `is ${JSON.stringify(text)}, but there is no file ${path}`,
      'give the path of a file, with its extension; a relative one starts at the current directory.',
    );
  }

  #wrong(variable: WorkerVariable, advice: string): WorkerEnvironmentError {
    return new WorkerEnvironmentError(variable, `is ${JSON.stringify(this.text(variable))}`, advice);
  }
}

/** host:port; the port may be left out where there is a usual one. */
function isAddress(text: string, usualPort: string): boolean {
  const [found, port = usualPort] = /^(?:[^\s/:]+|\[[\da-f:]+\])(?::(\d+))?$/i.exec(text) ?? [];
  return found !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}

async function load(path: string): Promise<unknown> {
  try {
    return createRequire(path)(path);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ERR_REQUIRE_ESM' && code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    return await import(pathToFileURL(path).href);
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function programsIn(exported: unknown): readonly DefinedProgram[] {
  if (typeof exported !== 'object' || exported === null) return [];
  // A module's default export is often the whole module, or a program once more.
  const values: readonly unknown[] = Object.values(exported);
  return [...new Set(values.filter(isDefinedProgram))];
}

function isDefinedProgram(value: unknown): value is DefinedProgram {
  if (typeof value !== 'object' || value === null) return false;
  const { name, step, reduce, checkAction, policy, tools, providers } = value as Record<keyof DefinedProgram, unknown>;
  return (
    typeof name === 'string' &&
    [step, reduce, checkAction].every((part) => typeof part === 'function') &&
    [policy, tools, providers].every((part) => typeof part === 'object' && part !== null)
  );
}
