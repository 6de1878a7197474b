/**
 * What a verb works with: programs, a client, a store. Each is opened when it is first asked for, and closed at the end, so that a
 * verb that needs no server connects to none.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import { KernelClient } from '../client';
import { openStoreOf, withoutPassword } from '../environment-store';
import { ProgramSet, type DefinedProgram, type TenantId } from '../kernel';
import { withFlags } from '../mirror-arguments';
import { connectTo, installRuntime } from '../server-connection';
import { isPostgresUrl } from '../stores/open-store';
import type { SqlStore } from '../stores/sql-store';
import { loadConverter, loadPrograms, readProcessEnvironment, type ProcessEnvironment } from '../worker-environment';
import { EXIT } from './exit-code';
import { TerminalError } from './failure';
import type { Terminal } from './terminal';

export class Session {
  readonly #flags: Readonly<Record<string, unknown>>;
  readonly #env: NodeJS.ProcessEnv;
  readonly #terminal: Terminal;
  #environment: ProcessEnvironment | null = null;
  #programs: readonly DefinedProgram[] | null = null;
  #connection: NativeConnection | null = null;
  #client: Client | null = null;
  #store: SqlStore | null = null;

  /** @param flags what the command line says, in commander's casing */
  constructor(flags: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv, terminal: Terminal) {
    this.#flags = flags;
    this.#env = env;
    this.#terminal = terminal;
  }

  /** Environment and flags. @throws WorkerEnvironmentError */
  get environment(): ProcessEnvironment {
    this.#environment ??= readProcessEnvironment({
      ...withFlags(this.#env, hyphened(this.#flags)),
      // A worker tells much that is of no use here.
      TEMPORAL_KERNEL_LOG_LEVEL: this.#env['TEMPORAL_KERNEL_LOG_LEVEL'] ?? 'ERROR',
    });
    return this.#environment;
  }

  /** The tenant that was named; null when none was: then every run counts. */
  get tenant(): TenantId | null {
    const said = this.#flags['tenant'] ?? this.#env['TEMPORAL_KERNEL_TENANT'] ?? '';
    return said === '' ? null : this.environment.tenant;
  }

  /** The programs; none where no module is named. @throws WorkerEnvironmentError where it can't be loaded */
  async programsIfAny(): Promise<readonly DefinedProgram[]> {
    const { programsPath } = this.environment;
    if (programsPath === null) return [];
    readTypeScript(programsPath);
    this.#programs ??= await loadPrograms(programsPath);
    return this.#programs;
  }

  /** The programs. @param what what they are needed for @throws TerminalError where none are named */
  async programs(what: string): Promise<readonly DefinedProgram[]> {
    const programs = await this.programsIfAny();
    if (programs.length > 0) return programs;
    throw new TerminalError(
      EXIT.usage,
      `no programs are named, and ${what} needs them`,
      'give --programs FILE, the module that exports them, or set TEMPORAL_KERNEL_PROGRAMS.',
    );
  }

  /** A program by name and version; null where it is not known here. */
  async programOf(name: string, version: number): Promise<DefinedProgram | null> {
    const known = new ProgramSet(await this.programsIfAny()).versionsOf(name);
    return known.find((program) => program.version === version) ?? null;
  }

  async dataConverter(): Promise<DataConverter | undefined> {
    const { dataConverterPath } = this.environment;
    if (dataConverterPath === null) return undefined;
    readTypeScript(dataConverterPath);
    return await loadConverter(dataConverterPath);
  }

  /** @throws WorkerEnvironmentError where no server answers, or it has no such namespace */
  async client(): Promise<Client> {
    if (this.#client !== null) return this.#client;
    const { environment } = this;
    const dataConverter = await this.dataConverter();
    await installRuntime(environment);
    const { address, namespace } = environment;
    const says = (): string => `connecting to ${address} …`;
    this.#connection = await this.#terminal.during(says, connectTo(environment));
    const parts = { connection: this.#connection, namespace };
    this.#client = new Client(dataConverter === undefined ? parts : { ...parts, dataConverter });
    return this.#client;
  }

  /** The kernel's client, of the tenant that was named. */
  async kernel(programs: readonly DefinedProgram[] = []): Promise<KernelClient> {
    const { tenant } = this;
    const client = await this.client();
    const { taskQueue } = this.environment;
    return new KernelClient({ client, programs, taskQueue, ...(tenant === null ? {} : { tenant }) });
  }

  /** Where `--store` leads; null where it was not given: then a run is read from the server. */
  get storeGiven(): string | null {
    const given = this.#flags['store'];
    if (given === undefined) return null;
    const { store } = this.environment;
    if (store !== null) return store;
    throw new TerminalError(EXIT.usage, '--store names none', 'give its path or URL, or set TEMPORAL_KERNEL_STORE.');
  }

  /**
   * The store that is named. It is never made: what is to be read must be there.
   *
   * @throws WorkerEnvironmentError, TerminalError
   */
  async store(pathOrUrl: string): Promise<SqlStore> {
    if (!isPostgresUrl(pathOrUrl) && !existsSync(pathOrUrl)) {
      const advice = 'give the path of a store that a worker or `temporal-kernel mirror` writes.';
      throw new TerminalError(EXIT.notFound, `there is no store ${withoutPassword(pathOrUrl)}`, advice);
    }
    this.#store ??= await openStoreOf(pathOrUrl, this.environment.tenant);
    return this.#store;
  }

  async close(): Promise<void> {
    await this.#store?.close();
    await this.#connection?.close();
  }
}

/** Flags by their names on the command line: `apiKey` is `--api-key`. */
function hyphened(flags: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(flags)) {
    if (typeof value === 'string') texts[name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)] = value;
  }
  return texts;
}

/** Older versions of Node.js read TypeScript with tsx, where the user has it. Newer ones need nobody's help. */
function readTypeScript(path: string): void {
  const readsItself = 'typescript' in process.features && Boolean(process.features.typescript);
  if (!/\.[cm]?tsx?$/.test(path) || readsItself) return;
  try {
    createRequire(path)('tsx/cjs');
  } catch {
    // Loading says what is wrong, if anything is.
  }
}
