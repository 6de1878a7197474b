/**
 * What every way that fetches has in common: stage, fetch, check, install.
 *
 * Guarantees: only an executable that was checked gets into the cache; the person who waits hears of the start, of
 * the end, and in between at least every ten seconds.
 */
import { cacheDirectory, installIntoCache, withStaging } from './cache';
import { checkExecutable } from './executable';
import { notFound, type Search, type Way, type WayResult } from './way';

const HEARTBEAT_MS = 10_000;

/** Puts the executable somewhere below `directory`. */
export type Fetch = (search: Search, directory: string) => Promise<FetchResult>;

export type FetchResult =
  { readonly fetched: true; readonly path: string } | { readonly fetched: false; readonly reason: string };

export function fetchWay(name: string, fetch: Fetch): Way {
  return {
    name,
    find: async (search) => {
      try {
        return await withStaging(search.env, (directory) => fetchInto(directory, name, fetch, search));
      } catch (error) {
        // A cache that cannot be written or a full disk: the next way, or the final error, has the last word.
        return notFound(
          `cannot use ${cacheDirectory(search.env)}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    },
  };
}

async function fetchInto(directory: string, name: string, fetch: Fetch, search: Search): Promise<WayResult> {
  const { program, env, report } = search;
  const what = `${program.name} ${program.pinnedVersion}`;
  report(`Fetching ${what} by ${name} (once; it is kept in ${cacheDirectory(env)}) ...`);
  const startedMs = Date.now();
  const heartbeat = setInterval(() => {
    report(`... still fetching ${what}, ${Math.round((Date.now() - startedMs) / 1000)} s so far`);
  }, HEARTBEAT_MS);
  const result = await fetch(search, directory).finally(() => {
    clearInterval(heartbeat);
  });
  if (!result.fetched) {
    report(`That did not work: ${result.reason}`);
    return notFound(result.reason);
  }
  const reading = await checkExecutable(program, result.path, env);
  if (!reading.usable) return notFound(`it was fetched, but ${reading.reason}`);
  const path = await installIntoCache(program, result.path, env);
  report(`Fetched ${what}.`);
  return { found: true, server: { type: 'executable', path, version: reading.version, from: name } };
}
