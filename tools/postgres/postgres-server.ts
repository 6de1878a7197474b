/**
 * A PostgreSQL server of one's own, in a temporary directory.
 *
 * Guarantees: it listens on the loopback interface only, on a port that nobody else has, and takes nobody without the
 * password; it has answered before it is handed out; it does not outlive this process, however this process ends, and
 * its directory is gone with it. It keeps PostgreSQL's own settings for durability.
 * Must not: serve production.
 */
import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { messageOf } from '../../src/kernel';
import { runCommand } from '../server/command';
import { freePorts, LOOPBACK } from '../server/free-ports';
import { startServerProcess, type ServerProcess } from '../server/server-process';
import { obtainPostgres, type ObtainPostgresOptions, type PostgresPrograms } from './obtain-postgres';
import { postgresUser, type SystemUser } from './postgres-user';

export interface PostgresOptions extends ObtainPostgresOptions {
  /** Further settings of the server, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Postgres {
  /** The URL of an empty database, for an ordinary role that owns it: what a store needs. */
  readonly url: string;
  /** The URL of the same database, for the superuser. */
  readonly superuserUrl: string;
  readonly version: string;
  /** The server's own process id. */
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const INIT_TIMEOUT_MS = 120_000;
const START_TIMEOUT_MS = 60_000;
const LOOK_AGAIN_MS = 25;
const STOP_GRACE_MS = 15_000;
const PORT_ATTEMPTS_MAX = 5;
const SUPERUSER = 'postgres';
const ROLE = 'runs';

/** @throws PostgresUnavailableError when there is no PostgreSQL; Error when there is one that does not start */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const programs = await obtainPostgres(options);
  const user = await postgresUser();
  const directory = await fs.mkdtemp(join(tmpdir(), 'temporal-kernel-postgres-'));
  const password = randomBytes(16).toString('hex');
  try {
    if (user !== undefined) await fs.chown(directory, user.uid, user.gid);
    await initialise(programs, user, directory, password);
    return await start({ programs, user, directory, password, settings: options.settings ?? {} });
  } catch (error) {
    await fs.rm(directory, { recursive: true, force: true });
    throw error;
  }
}

interface Setup {
  readonly programs: PostgresPrograms;
  readonly user: SystemUser | undefined;
  readonly directory: string;
  readonly password: string;
  readonly settings: Readonly<Record<string, string>>;
}

async function initialise(
  { bin, env }: PostgresPrograms,
  user: SystemUser | undefined,
  directory: string,
  password: string,
): Promise<void> {
  const passwordFile = join(directory, 'password');
  await fs.writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) await fs.chown(passwordFile, user.uid, user.gid);
  const args = ['--username', SUPERUSER, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--encoding', 'UTF8'];
  const result = await runCommand(
    join(bin, 'initdb'),
    [...args, '--locale', 'C', '--no-sync', '--no-instructions', '-D', join(directory, 'data')],
    {
      env: { ...process.env, ...env },
      timeoutMs: INIT_TIMEOUT_MS,
      cwd: directory,
      ...(user !== undefined && { user }),
    },
  );
  await fs.rm(passwordFile);
  if (!result.ok) throw new Error(`initdb: ${result.failure}\n${result.output}`);
}

async function start(setup: Setup): Promise<Postgres> {
  for (let attempt = 1; ; attempt += 1) {
    const [port] = (await freePorts(1)) as [number];
    const server = await startProcess(setup, port);
    const url = (role: string, database: string): string =>
      `postgres://${role}:${setup.password}@${LOOPBACK}:${port}/${database}`;
    try {
      await waitUntilAnswering(url(SUPERUSER, 'postgres'), server);
      await makeDatabase(url(SUPERUSER, 'postgres'), setup.password);
    } catch (error) {
      await server.stop();
      // Between our look at the port and the server's use of it, somebody else may have taken it.
      if (/address already in use|could not bind/i.test(server.output()) && attempt < PORT_ATTEMPTS_MAX) continue;
      throw new Error(`PostgreSQL did not start: ${messageOf(error)}\n${server.output()}`, { cause: error });
    }
    const { pid, stop } = server;
    return { url: url(ROLE, ROLE), superuserUrl: url(SUPERUSER, ROLE), version: setup.programs.version, pid, stop };
  }
}

async function startProcess({ programs, user, directory, settings }: Setup, port: number): Promise<ServerProcess> {
  const all = {
    listen_addresses: LOOPBACK,
    port: String(port),
    unix_socket_directories: '',
    max_connections: '100',
    ...settings,
  };
  return await startServerProcess({
    executable: join(programs.bin, 'postgres'),
    args: [
      '-D',
      join(directory, 'data'),
      ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: { ...process.env, ...programs.env },
    stopGraceMs: STOP_GRACE_MS,
    // Its "fast" way: whoever is connected is sent away.
    stopSignal: 'SIGINT',
    removeAfter: directory,
    ...(user !== undefined && { user }),
  });
}

async function waitUntilAnswering(url: string, server: ServerProcess): Promise<void> {
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (server.gone.aborted) throw new Error('it ended before it answered');
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
    }
    await pause(LOOK_AGAIN_MS);
  }
}

async function makeDatabase(url: string, password: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD '${password}'`);
    await client.query(`CREATE DATABASE ${ROLE} OWNER ${ROLE}`);
  } finally {
    await client.end();
  }
}
