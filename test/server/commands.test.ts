import { spawn } from 'node:child_process';
import { promises as fs } from 'node:fs';
import { delimiter, join } from 'node:path';
import { emptyDirectory } from './fake-program';

/**
 * The commands themselves, in a project made for the test: npm and jest are stand-ins, so that no network is needed
 * and each way to fail can be had.
 */
interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly lastLine: string;
}

const REPOSITORY = join(__dirname, '..', '..');
let project: string;

beforeEach(async () => {
  project = await emptyDirectory();
  for (const name of ['scripts', '.ci']) await fs.cp(join(REPOSITORY, name), join(project, name), { recursive: true });
  await write('package.json', '{}');
  await write('package-lock.json', '{}');
  await standInNpm(`require('node:fs').writeFileSync('node_modules/.package-lock.json', '{}');`);
  await standInJest({ numPassedTests: 3, numFailedTests: 0, numRuntimeErrorTestSuites: 0 }, 0);
});
afterEach(() => fs.rm(project, { recursive: true, force: true }));

async function write(name: string, content: string, mode = 0o644): Promise<void> {
  const path = join(project, name);
  await fs.mkdir(join(path, '..'), { recursive: true });
  await fs.writeFile(path, content, { mode });
}

/** Notes each call in `npm.log`, then does what the test wants. */
async function standInNpm(body: string): Promise<void> {
  await write(
    'npm-cli.js',
    `require('node:fs').appendFileSync('npm.log', process.argv.slice(2).join(' ') + '\\n');${body}`,
  );
}

async function standInJest(results: Readonly<Record<string, number>> | undefined, code: number): Promise<void> {
  await write('node_modules/jest/package.json', '{ "bin": "./jest.js" }');
  await write(
    'node_modules/jest/jest.js',
    `const file = process.argv.find((argument) => argument.startsWith('--outputFile=')).slice('--outputFile='.length);
     const results = ${results === undefined ? 'undefined' : JSON.stringify(results)};
     if (results !== undefined) require('node:fs').writeFileSync(file, JSON.stringify(results));
     console.error('jest was called with', process.argv.slice(4).join(' '));
     process.exit(${code});`,
  );
}

function command(program: string, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = {
      PATH: [join(project, 'bin'), process.env['PATH']].join(delimiter),
      npm_execpath: join(project, 'npm-cli.js'),
    };
    const child = spawn(program, args, { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, output, lastLine: output.trimEnd().split('\n').at(-1) ?? '' });
    });
  });
}
const npmTest = (...args: readonly string[]): Promise<Ended> => command(process.execPath, 'scripts/test.mjs', ...args);
const npmCalls = async (): Promise<readonly string[]> =>
  (await fs.readFile(join(project, 'npm.log'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

describe('given a fresh checkout', () => {
  it('when a command is run twice, then what is missing is installed once', async () => {
    expect(await npmTest()).toMatchObject({ code: 0, lastLine: '3 passed, 0 failed' });
    expect(await npmTest()).toMatchObject({ code: 0 });
    expect(await npmCalls()).toEqual(['ci --include=dev']);
  });

  it('when there is no lock file, then npm makes one', async () => {
    await fs.rm(join(project, 'package-lock.json'));
    await npmTest();
    expect(await npmCalls()).toEqual(['install --include=dev']);
  });

  it('when two commands are run at once, then one installs and the other waits for it', async () => {
    const both = await Promise.all([npmTest(), npmTest()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(await npmCalls()).toEqual(['ci --include=dev']);
  });

  it('when the lock file is newer than what is installed, then it is installed again, and once', async () => {
    await npmTest();
    await fs.utimes(join(project, 'node_modules', '.package-lock.json'), 1, 1);
    await npmTest();
    await npmTest();
    expect(await npmCalls()).toHaveLength(2);
  });

  it('when the time of the lock file lies in the future, then it is still installed once', async () => {
    const tomorrow = Date.now() / 1000 + 24 * 60 * 60 + 0.123_456;
    await fs.utimes(join(project, 'package-lock.json'), tomorrow, tomorrow);
    await npmTest();
    await npmTest();
    expect(await npmCalls()).toHaveLength(1);
  });

  it('when the install fails, then the command says so, runs nothing and has its exit code', async () => {
    await standInNpm('process.exit(7);');
    const ended = await npmTest();
    expect(ended.code).toBe(7);
    expect(ended.output).toContain('`npm ci` failed (exit code 7)');
    expect(ended.output).toContain('What to do:');
    expect(ended.output).not.toContain('jest was called');
  });
});

describe('given a run of the tests', () => {
  it('then the arguments reach jest', async () => {
    expect((await npmTest('--verbose', 'a-name')).output).toContain('jest was called with --verbose a-name');
  });

  it.each([
    ['a test fails', { numPassedTests: 2, numFailedTests: 1, numRuntimeErrorTestSuites: 0 }, 1, '2 passed, 1 failed'],
    [
      'a suite does not run',
      { numPassedTests: 2, numFailedTests: 0, numRuntimeErrorTestSuites: 1 },
      1,
      '2 passed, 1 failed',
    ],
    ['nothing is run', { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 0 }, 0, '0 passed, 1 failed'],
    [
      'jest ends badly',
      { numPassedTests: 2, numFailedTests: 0, numRuntimeErrorTestSuites: 0 },
      5,
      '2 passed, 1 failed',
    ],
    ['jest leaves no results', undefined, 0, '0 passed, 1 failed'],
  ] as const)('when %s, then the last line and the exit code say failure', async (_what, results, code, lastLine) => {
    await standInJest(results, code);
    const ended = await npmTest();
    expect(ended.lastLine).toBe(lastLine);
    expect(ended.code).not.toBe(0);
  });
});

describe('given the run of everything', () => {
  const npmScripts = (checkCode: number, test = 'exec node scripts/test.mjs'): Promise<void> =>
    write('bin/npm', `#!/bin/sh\ncase "$*" in 'run check') exit ${checkCode};; test) ${test};; esac\nexit 99\n`, 0o755);

  it('when all is well, then it succeeds and the last line is that of the tests', async () => {
    await npmScripts(0);
    expect(await command('.ci/run')).toMatchObject({ code: 0, lastLine: '3 passed, 0 failed' });
  });

  it('when a static check fails, then the tests still run and one more failure is counted', async () => {
    await npmScripts(1);
    expect(await command('.ci/run')).toMatchObject({ code: 1, lastLine: '3 passed, 1 failed' });
  });

  it('when a test fails, then it fails', async () => {
    await npmScripts(0);
    await standInJest({ numPassedTests: 3, numFailedTests: 2, numRuntimeErrorTestSuites: 0 }, 1);
    expect(await command('.ci/run')).toMatchObject({ code: 1, lastLine: '3 passed, 2 failed' });
  });

  it('when the tests cannot even start, then it fails and says so in the last line', async () => {
    await npmScripts(0, 'exit 9');
    expect(await command('.ci/run')).toMatchObject({ code: 1, lastLine: '0 passed, 1 failed' });
  });
});
