/**
 * The directory that keeps fetched executables between runs: one file per program and version.
 *
 * Guarantees: a file in the cache is whole, because it arrives by one rename of a file that was checked beforehand;
 * two processes that fetch at once each install a whole file, and the later one wins. What an interrupted fetch left
 * behind is swept at the next fetch.
 * Must not: know where a file comes from.
 */
import { promises as fs } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { executableName, type ServerProgram } from './server-program';
import { setting } from './setting';

const STAGING_PREFIX = '.fetch-';
/** Longer than any fetch is allowed to take, so that one under way is never swept. */
const STAGING_AGE_MAX_MS = 2 * 60 * 60 * 1000;

export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  const own = setting(env, 'TEMPORAL_KERNEL_CACHE');
  if (own !== undefined) return own;
  const shared = setting(env, 'XDG_CACHE_HOME') ?? join(setting(env, 'HOME') ?? homedir(), '.cache');
  return join(shared, 'temporal-kernel');
}

/** Where a fetched copy of the pinned version is kept. The version is part of the name: a new pin fetches anew. */
export function cachedPath(program: ServerProgram, env: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env), program.pinnedVersion, executableName(program));
}

/** Gives `use` an empty directory on the cache's own file system, and removes it afterwards whatever happened. */
export async function withStaging<T>(env: NodeJS.ProcessEnv, use: (directory: string) => Promise<T>): Promise<T> {
  const cache = cacheDirectory(env);
  await fs.mkdir(cache, { recursive: true });
  await sweepStaging(cache);
  const directory = await fs.mkdtemp(join(cache, STAGING_PREFIX));
  try {
    return await use(directory);
  } finally {
    await fs.rm(directory, { recursive: true, force: true });
  }
}

/** Moves a checked executable from the staging directory to its place. Replaces what was there, in one step. */
export async function installIntoCache(
  program: ServerProgram,
  staged: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const path = cachedPath(program, env);
  await fs.mkdir(join(path, '..'), { recursive: true });
  await fs.rename(staged, path);
  return path;
}

async function sweepStaging(cache: string): Promise<void> {
  const oldest = Date.now() - STAGING_AGE_MAX_MS;
  for (const name of await fs.readdir(cache)) {
    if (!name.startsWith(STAGING_PREFIX)) continue;
    const path = join(cache, name);
    const stats = await fs.stat(path).catch(() => undefined);
    if (stats !== undefined && stats.mtimeMs < oldest) await fs.rm(path, { recursive: true, force: true });
  }
}
