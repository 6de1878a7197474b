/**
 * PostgreSQL from Debian's (or Ubuntu's) own packages, unpacked into the cache: the server, and the libraries that this
 * system does not have.
 *
 * Guarantees: nothing is installed and no right of root is needed; what is in the cache is whole, because it arrives by one
 * rename; apt checks what it downloads.
 */
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../server/cache';
import { runCommand, type CommandResult } from '../server/command';
import { setting } from '../server/setting';
import type { PostgresPlace } from './obtain-postgres';

const LOOK_TIMEOUT_MS = 60_000;
const DOWNLOAD_TIMEOUT_MS = 10 * 60 * 1000;
const STAGING_PREFIX = '.fetch-postgres-';

/** What was unpacked earlier. */
export async function fetchedBefore(env: NodeJS.ProcessEnv): Promise<readonly PostgresPlace[] | string> {
  const places = await placesIn(unpackedDirectory(env));
  return places.length === 0 ? `there is none in ${unpackedDirectory(env)}` : places;
}

/** Downloads and unpacks the newest server that apt knows. */
export async function fetchDebianPackage(
  env: NodeJS.ProcessEnv,
  report: (line: string) => void,
): Promise<readonly PostgresPlace[] | string> {
  const packages = await newestServer(env);
  if (typeof packages === 'string') return packages;
  const target = unpackedDirectory(env);
  report(`Fetching ${packages.name} with apt-get (once; it is unpacked into ${target}) ...`);
  await fs.mkdir(join(target, '..'), { recursive: true });
  const staging = await fs.mkdtemp(join(target, '..', STAGING_PREFIX));
  try {
    const failure = await unpack(packages.name, staging, env);
    if (failure !== null) return failure;
    // PostgreSQL's user must be able to read it.
    await fs.chmod(join(staging, 'root'), 0o755);
    await fs.rm(target, { recursive: true, force: true });
    await fs.rename(join(staging, 'root'), target);
  } finally {
    await fs.rm(staging, { recursive: true, force: true });
  }
  report(`Fetched ${packages.name}.`);
  return await placesIn(target);
}

/** Root's server runs as somebody else, who can't look into root's own cache. */
function unpackedDirectory(env: NodeJS.ProcessEnv): string {
  const own = setting(env, 'TEMPORAL_KERNEL_CACHE');
  const cache = own ?? (process.getuid?.() === 0 ? '/var/cache/temporal-kernel' : cacheDirectory(env));
  return join(cache, 'postgresql');
}

async function newestServer(env: NodeJS.ProcessEnv): Promise<{ readonly name: string } | string> {
  const search = await apt('apt-cache', ['--names-only', 'search', '^postgresql-[0-9]+$'], env, LOOK_TIMEOUT_MS);
  if (!search.ok) return `apt-cache: ${search.failure}`;
  const majors = [...search.output.matchAll(/^postgresql-(\d+) /gm)].map(([, major]) => Number(major));
  if (majors.length === 0) return 'apt knows no PostgreSQL server (a first `apt-get update` may be missing)';
  return { name: `postgresql-${Math.max(...majors)}` };
}

/** @returns why it failed, or null */
async function unpack(name: string, staging: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const archives = join(staging, 'archives');
  await fs.mkdir(join(archives, 'partial'), { recursive: true });
  // With its dependencies: apt downloads those that the system lacks, and locks and installs nothing.
  const options = ['Debug::NoLocking=1', `Dir::Cache::archives=${archives}`, 'APT::Sandbox::User=root'];
  const flags = ['--yes', '--download-only', '--no-install-recommends', '--reinstall'];
  const args = [...options.flatMap((option) => ['-o', option]), ...flags, 'install', name];
  const download = await apt('apt-get', args, env, DOWNLOAD_TIMEOUT_MS);
  if (!download.ok) return `apt-get: ${download.failure}\n${lastLines(download)}`;
  const files = (await fs.readdir(archives)).filter((file) => file.endsWith('.deb'));
  for (const file of files) {
    const result = await apt('dpkg', ['-x', join(archives, file), join(staging, 'root')], env, LOOK_TIMEOUT_MS);
    if (!result.ok) return `dpkg -x ${file}: ${result.failure}\n${lastLines(result)}`;
  }
  return files.length === 0 ? 'apt-get downloaded nothing' : null;
}

async function placesIn(root: string): Promise<readonly PostgresPlace[]> {
  const versions = await fs.readdir(join(root, 'usr/lib/postgresql')).catch(() => []);
  if (versions.length === 0) return [];
  const libraries = ['usr/lib', 'lib'].map((directory) => join(root, directory));
  const directories = (await Promise.all(libraries.map(withArchitectures))).flat();
  const LD_LIBRARY_PATH = [...directories, setting(process.env, 'LD_LIBRARY_PATH')].filter(Boolean).join(':');
  return versions.map((version) => ({
    bin: join(root, 'usr/lib/postgresql', version, 'bin'),
    env: { LD_LIBRARY_PATH },
  }));
}

/** A library directory, and those for one kind of machine in it (`x86_64-linux-gnu`). */
async function withArchitectures(directory: string): Promise<readonly string[]> {
  const names = await fs.readdir(directory).catch(() => []);
  return [...names.filter((name) => name.includes('-linux-')).map((name) => join(directory, name)), directory];
}

async function apt(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  timeoutMs: number,
): Promise<CommandResult> {
  return await runCommand(program, args, {
    env: { ...env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs,
  });
}

function lastLines({ output }: CommandResult): string {
  return output.trim().split('\n').slice(-3).join('\n');
}
