/** The package as its users get it: what is in it, what its entry points give, and their programs on a real server. */
import { existsSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DEV_SERVER_ENV, fromSetup } from '../support/environment';
import { filesBelow, Installation, printedJson, REPOSITORY } from './installation';

jest.setTimeout(200_000);

/** Packing compiles, installing downloads. */
const INSTALL_DEADLINE_MS = 900_000;

const ENTRY_POINTS = ['temporal-kernel', 'temporal-kernel/workflow', 'temporal-kernel/kernel'] as const;

/** What the user's process prints, whichever language it is written in. */
const TOLD = {
  blocked: { status: 'blocked' },
  asked: { words: 5 },
  ended: { status: 'completed' },
  state: { words: 5, answer: 'publish' },
  events: ['ActionRequested', 'ActionSucceeded', 'Interrupted', 'Resumed', 'Completed'],
};

let user: Installation;

beforeAll(async () => {
  user = await Installation.make();
}, INSTALL_DEADLINE_MS);

afterAll(async () => {
  await (user as Installation | undefined)?.remove();
});

describe('given the package, unpacked', () => {
  test('it holds what is built, what is to be read, and nothing else', async () => {
    const files = await filesBelow(user.package);
    const sources = await filesBelow(join(REPOSITORY, 'src'));
    const built = sources.flatMap((source) =>
      ['.js', '.js.map', '.d.ts'].map((extension) => `dist/${source.replace(/\.ts$/, extension)}`),
    );
    expect(files).toEqual(['ARCHITECTURE.md', 'LICENSE', 'README.md', ...built, 'package.json'].sort());
  });

  test('every file that its manifest names is there', async () => {
    const { main, types, exports, bin } = (await readJson('package.json')) as Record<string, unknown>;
    const named = textsIn([main, types, exports, bin]);
    expect(named.length).toBeGreaterThan(ENTRY_POINTS.length * 2);
    expect(named.filter((path) => !existsSync(join(user.package, path)))).toEqual([]);
  });

  test('every source map carries the source it speaks of', async () => {
    const maps = (await filesBelow(user.package)).filter((file) => file.endsWith('.map'));
    for (const file of maps) {
      const { sources, sourcesContent } = (await readJson(file)) as { sources: string[]; sourcesContent?: string[] };
      expect([file, sources.length, sourcesContent?.filter((text) => text !== '').length]).toEqual([file, 1, 1]);
    }
    const pointed = (await filesBelow(user.package)).filter((file) => /\.(js|d\.ts)$/.test(file));
    for (const file of pointed) {
      const map = /^\/\/# sourceMappingURL=(.+)$/m.exec(await readFile(join(user.package, file), 'utf8'))?.[1];
      if (map !== undefined) expect(maps).toContain(join(dirname(file), map));
    }
  });
});

describe('given a folder in which nothing but the package was installed', () => {
  test('there is one copy of the SDK and of zod, and they are the user’s own', async () => {
    const installed = await readFile(join(user.directory, 'node_modules/.package-lock.json'), 'utf8');
    const paths = Object.keys((JSON.parse(installed) as { packages: object }).packages);
    const shared = paths.filter((path) => /node_modules\/(@temporalio\/[^/]+|zod)$/.test(path)).sort();
    const own = shared.filter((path) => path.lastIndexOf('node_modules/') === 0);
    expect(shared).toEqual(own);
    expect(own).toEqual(
      expect.arrayContaining(
        ['activity', 'client', 'common', 'worker', 'workflow']
          .map((name) => `node_modules/@temporalio/${name}`)
          .concat('node_modules/zod'),
      ),
    );
  });

  test.each(ENTRY_POINTS)('import and require of %s give the same names', async (entry) => {
    const required = await user.evaluate(
      `console.log(JSON.stringify(Object.keys(require('${entry}')).sort()))`,
      'commonjs',
    );
    const imported = (await user.evaluate(
      `import * as all from '${entry}'; console.log(JSON.stringify(Object.keys(all).sort()))`,
      'module',
    )) as string[];
    expect(imported.filter((name) => !['default', 'module.exports', '__esModule'].includes(name))).toEqual(required);
    expect(required).not.toEqual([]);
  });

  test('a file that no entry point names can’t be imported', async () => {
    const { code, stderr } = await user.node(['--eval', "require('temporal-kernel/dist/client.js')"]);
    expect(code).toBe(1);
    expect(stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  test('the pure kernel loads itself and hashing, no Temporal, and asks nothing of Node.js', async () => {
    const { files, asked } = (await user.evaluate(
      `const { Module } = require('node:module');
       const load = Module._load;
       const asked = [];
       Module._load = function (request, parent, ...rest) {
         if (parent?.filename?.includes('node_modules/temporal-kernel/')) asked.push(request);
         return load.call(this, request, parent, ...rest);
       };
       require('temporal-kernel/kernel');
       console.log(JSON.stringify({ files: Object.keys(require.cache), asked }));`,
      'commonjs',
    )) as { files: string[]; asked: string[] };
    const modules = join(user.directory, 'node_modules');
    const allowed = [join(modules, 'temporal-kernel/dist/kernel/'), join(modules, '@noble/hashes/')];
    expect(files.filter((file) => !allowed.some((directory) => file.startsWith(directory)))).toEqual([]);
    expect(asked.filter((request) => !request.startsWith('./') && !request.startsWith('@noble/hashes/'))).toEqual([]);
    expect(asked).toContain('./machine');
  });

  test('a workflow can be made outside the sandbox, where only running it would need one', async () => {
    const code = `const { programWorkflow } = require('temporal-kernel/workflow');
      console.log(JSON.stringify(typeof programWorkflow({ name: 'anything' })));`;
    expect(await user.evaluate(code, 'commonjs')).toBe('function');
  });

  test('the worker process says how to configure it', async () => {
    const { code, stdout } = await user.node([join(user.package, 'dist/worker-main.js'), '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('TEMPORAL_KERNEL_PROGRAMS');
  });

  test('the terminal is a command of the user’s project, and says what it can do', async () => {
    const command = join(user.directory, 'node_modules/.bin/temporal-kernel');
    const { code, stdout } = await user.node([await realpath(command), '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}verify .*^Exit codes:$/ms);
    expect((await stat(command)).mode & 0o111).not.toBe(0);
    const text = await readFile(command, 'utf8');
    expect(text).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test('a program in JavaScript, in ES modules, runs to its end and its log verifies', async () => {
    expectTold(await runMain('main.js'));
  });

  test('a program in TypeScript is typed strictly, and runs as CommonJS to its end', async () => {
    const compiler = join(REPOSITORY, 'node_modules/typescript/lib/tsc.js');
    const { stdout } = await user.node([compiler, '--project', 'typed', '--pretty', 'false']);
    // Declarations are checked too: Temporal's own have errors, which are for Temporal to mend; ours have none.
    const errors = stdout.split('\n').filter((line) => /\berror TS\d+:/.test(line));
    expect(errors.filter((line) => !line.startsWith('node_modules/@temporalio/'))).toEqual([]);

    expectTold(await runMain('typed/built/main.js'));
  });
});

async function runMain(file: string): Promise<unknown> {
  return printedJson(await user.node([file], { TEMPORAL_ADDRESS: fromSetup(DEV_SERVER_ENV) }));
}

function expectTold(told: unknown): void {
  expect(told).toMatchObject(TOLD);
  const { told: hash, verdict } = told as { told: string; verdict: unknown };
  expect(hash).toMatch(/^[\da-f]{64}$/);
  expect(verdict).toMatchObject({ ok: true, problems: [], head: TOLD.events.length, hash });
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(join(user.package, file), 'utf8')) as unknown;
}

/** Every text in a value, however deep. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
