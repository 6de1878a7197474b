/**
 * The ways that need no network: a running server, the PATH, and a copy that was fetched before.
 *
 * Must not: fetch, start or change anything.
 */
import { cachedPath } from './cache';
import { checkExecutable, findOnPath, isExecutableFile } from './executable';
import { setting } from './setting';
import { notFound, type Search, type Way, type WayResult } from './way';

/** A server that somebody else started and will stop. Whether it answers is found out by whoever connects. */
export const runningServer: Way = {
  name: 'TEMPORAL_ADDRESS',
  find: ({ env }) => {
    const address = setting(env, 'TEMPORAL_ADDRESS');
    return Promise.resolve(
      address !== undefined
        ? { found: true, server: { type: 'running', address, from: 'TEMPORAL_ADDRESS' } }
        : notFound('not set'),
    );
  },
};

export const onPath: Way = {
  name: 'an executable on the PATH',
  find: async (search) => {
    const path = await findOnPath(search.program, search.env);
    if (path === undefined) return notFound(`no \`${search.program.name}\` there`);
    return await checked(search, path, 'PATH');
  },
};

export const fetchedBefore: Way = {
  name: 'a copy fetched before',
  find: async (search) => {
    const path = cachedPath(search.program, search.env);
    if (!(await isExecutableFile(path))) return notFound(`none at ${path}`);
    // A copy that fails the check stays where it is: a fetch replaces it in one step.
    return await checked(search, path, 'cache');
  },
};

async function checked({ program, env }: Search, path: string, from: string): Promise<WayResult> {
  const reading = await checkExecutable(program, path, env);
  if (!reading.usable) return notFound(`${path} is there, but ${reading.reason}`);
  return { found: true, server: { type: 'executable', path, version: reading.version, from } };
}
