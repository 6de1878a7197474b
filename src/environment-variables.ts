/**
 * The variables that our processes read: their names, what they say, and what is said of one that is missing or wrong.
 *
 * Guarantees: an error names the variable, what is wrong with it and what to do. It reads the environment that it is given, and the
 * certificates that it names; nothing else.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { TLSConfig } from '@temporalio/client';
import { assertTenantId, DEFAULT_TENANT, messageOf, type TenantId } from './kernel';
import { DEFAULT_TASK_QUEUE } from './task-queue';

/** Where workflows are: in the file that exports them, or in a bundle that was made of it. */
export interface WorkflowsPlace {
  readonly type: 'source' | 'bundle';
  readonly path: string;
}

const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How long a drain takes at most unless told otherwise: orchestrators commonly kill after thirty seconds. */
export const DRAIN_MS = 20_000;

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
  TEMPORAL_KERNEL_TENANT: `whose runs are mirrored, and whose artifacts are kept; default ${DEFAULT_TENANT}`,
  TEMPORAL_KERNEL_ARTIFACTS:
    'where tools keep what is large or secret: a folder, sqlite:FILE or postgres://…; without it nowhere',
  TEMPORAL_KERNEL_MODELS: 'language models by name, as JSON: {"main": {"baseUrl", "model", "apiKeyVariable"}}',
  TEMPORAL_KERNEL_MCP: 'MCP servers by name, as JSON: {"files": {"command", "args"}} or {"files": {"url"}}',
  TEMPORAL_KERNEL_STREAMS: 'host:port where what models say can be followed; without it nowhere',
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
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'InvalidWorkerEnvironment';
}

/** The variables of an environment, each read as what it must be. */
export class Variables {
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

  workflows(): WorkflowsPlace | null {
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
export function isAddress(text: string, usualPort: string): boolean {
  const [found, port = usualPort] = /^(?:[^\s/:]+|\[[\da-f:]+\])(?::(\d+))?$/i.exec(text) ?? [];
  return found !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}
