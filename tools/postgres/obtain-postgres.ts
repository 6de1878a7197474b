/**
 * Finds PostgreSQL's programs: `PG_BIN`, then `postgres` on the PATH, then where Debian and others put them, then a copy that
 * was fetched before, then Debian's package.
 *
 * Guarantees: the first place that works wins; what is given has run and told its version; when none works, one error
 * lists them all and says what to do.
 * Must not: install anything into the system, or start a server.
 */
import { promises as fs } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { runCommand } from '../server/command';
import { reportToStderr } from '../server/obtain-server';
import { setting } from '../server/setting';
import { fetchDebianPackage, fetchedBefore } from './debian-package';
import { postgresUser } from './postgres-user';

/** PostgreSQL's programs, which were asked for their version. */
export interface PostgresPrograms {
  /** The directory with `postgres` and `initdb`. */
  readonly bin: string;
  readonly version: string;
  /** Where it was found, in words. */
  readonly from: string;
  /** What the programs need in their environment beside ours. */
  readonly env: NodeJS.ProcessEnv;
}

export interface ObtainPostgresOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Takes each line of progress; stderr unless given. */
  readonly report?: (line: string) => void;
}

/** A place where PostgreSQL may be, and what its programs need. */
export interface PostgresPlace {
  readonly bin: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A way to PostgreSQL: the places that it gives, or why it gives none. */
interface Way {
  readonly name: string;
  readonly find: (env: NodeJS.ProcessEnv, report: (line: string) => void) => Promise<readonly PostgresPlace[] | string>;
}

/** No way led to PostgreSQL. */
export class PostgresUnavailableError extends Error {
  override readonly name = 'PostgresUnavailableError';
  readonly code = 'POSTGRES_UNAVAILABLE';

  constructor(tried: readonly string[]) {
    super(
      [
        'No PostgreSQL server could be found or fetched. Tried in this order:',
        ...tried.map((line, index) => `  ${index + 1}. ${line}`),
        'What to do: install PostgreSQL 13 or newer, or set PG_BIN to the directory that has `postgres` and `initdb`, or start a',
        'server yourself and set DATABASE_URL.',
      ].join('\n'),
    );
  }
}

/** PostgreSQL 13: earlier ones get no repairs any more. */
const MAJOR_MIN = 13;

const VERSION_TIMEOUT_MS = 30_000;

/** Where packages put the programs, of which only clients are put on the PATH. */
const USUAL_PLACES = ['/usr/lib/postgresql', '/usr/pgsql', '/opt/homebrew/opt', '/usr/local/opt', '/usr/local/pgsql'];

const WAYS: readonly Way[] = [
  {
    name: 'PG_BIN',
    find: (env) => {
      const bin = setting(env, 'PG_BIN');
      return Promise.resolve(bin === undefined ? 'it is not set' : [{ bin }]);
    },
  },
  {
    name: 'postgres on the PATH',
    find: async (env) => {
      const places: PostgresPlace[] = [];
      for (const directory of (setting(env, 'PATH') ?? '').split(delimiter)) {
        // The other programs lie beside the real one, not beside a link to it.
        const real = await fs.realpath(join(directory, 'postgres')).catch(() => undefined);
        if (real !== undefined) places.push({ bin: dirname(real) });
      }
      return places.length === 0 ? 'there is none' : places;
    },
  },
  {
    name: 'the usual places',
    find: async () => {
      const places = (await Promise.all(USUAL_PLACES.map(binsBelow))).flat();
      return places.length === 0 ? `there is none below ${USUAL_PLACES.join(', ')}` : places;
    },
  },
  { name: 'a copy fetched before', find: (env) => fetchedBefore(env) },
  { name: "Debian's package", find: (env, report) => fetchDebianPackage(env, report) },
];

/** @throws PostgresUnavailableError when no way leads to a usable PostgreSQL */
export async function obtainPostgres(options: ObtainPostgresOptions = {}): Promise<PostgresPrograms> {
  const { env = process.env, report = reportToStderr } = options;
  const tried: string[] = [];
  for (const { name, find } of WAYS) {
    const found = await find(env, report);
    if (typeof found === 'string') {
      tried.push(`${name}: ${found}`);
      continue;
    }
    for (const place of found) {
      const version = await versionOf(place, env);
      if ('usable' in version) return { bin: place.bin, version: version.usable, from: name, env: place.env ?? {} };
      tried.push(`${name}: ${place.bin}: ${version.reason}`);
    }
  }
  throw new PostgresUnavailableError(tried);
}

/** Asked as the user that the server will run as: he must be able to get there. */
async function versionOf(
  { bin, env: own }: PostgresPlace,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly usable: string } | { readonly reason: string }> {
  const user = await postgresUser();
  for (const program of ['initdb', 'postgres']) {
    const result = await runCommand(join(bin, program), ['--version'], {
      env: { ...env, ...own },
      timeoutMs: VERSION_TIMEOUT_MS,
      cwd: '/',
      ...(user !== undefined && { user }),
    });
    if (!result.ok) return { reason: `${program} does not run: ${result.failure} ${result.output.trim()}`.trim() };
    if (program !== 'postgres') continue;
    const major = /\(PostgreSQL\) (\d+)/.exec(result.output)?.[1];
    if (Number(major) >= MAJOR_MIN) return { usable: result.output.trim() };
    return { reason: `${result.output.trim()} is older than PostgreSQL ${MAJOR_MIN}` };
  }
  return { reason: 'it has no programs' };
}

/** The newest first. */
async function binsBelow(directory: string): Promise<readonly PostgresPlace[]> {
  const names = await fs.readdir(directory).catch(() => []);
  const versionIn = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0);
  return names
    .filter((name) => /^(postgresql@?|-)?\d*$/.test(name) && name !== '')
    .sort((left, right) => versionIn(right) - versionIn(left))
    .map((name) => ({ bin: join(directory, name, 'bin') }));
}
