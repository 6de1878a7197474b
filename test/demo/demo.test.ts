/** `npm run demo`, as people run it: a child process, a real server, a real worker process. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDemoUsage, readDemoOptions } from '../../examples/licence-auditor/demo/options';
import { isRunning } from '../server/until';
import { Child } from '../worker/child';

jest.setTimeout(240_000);

let directory: string;
const children: Child[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'demo-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    // It stops what it started only when it is asked to.
    child.kill('SIGTERM');
    await child.ended;
  }
  rmSync(directory, { recursive: true, force: true });
});

describe('given the demo', () => {
  test('when everything is denied and tools fail, then the run completes, the report says so and the log is verified', async () => {
    const demo = startDemo('--answer', 'deny', '--flaky', '0.2');
    expect(await endOf(demo)).toBe(0);

    expect(demo.stdout).toMatch(/^Verified: {2}yes/m);
    expect(demo.stdout).toMatch(/^Events: {4}\d+$/m);
    expect(demo.stdout).toMatch(/^Head hash: [\da-f]{64}$/m);
    expect(demo.stdout).toMatch(/ActionRequested → ActionSucceeded +read licences 1-50 of \d+/);
    expect(demo.stdout).toMatch(/^Web UI: .*\/workflows\/licence-audit-[\da-f]{8}$|TEMPORAL_ADDRESS/m);
    const report = JSON.parse(readFileSync(join(directory, 'licences.json'), 'utf8')) as Report;
    expect(report.packages).toBeGreaterThan(100);
    expect(report.families.filter(({ by }) => by === 'person').map(({ verdict }) => verdict)).not.toContain('allowed');
    expect(readFileSync(join(directory, 'licences.md'), 'utf8')).toContain(`${report.packages} packages: `);
  });

  test('when the worker is killed half-way, then the outcome is the same to the last hash', async () => {
    const demo = startDemo('--answer', 'allow', '--kill', '--json');
    expect(await endOf(demo)).toBe(0);

    const outcome = JSON.parse(demo.stdout) as Outcome;
    expect(outcome).toMatchObject({
      status: { status: 'completed' },
      verdict: { ok: true, hash: outcome.toldHash, problems: [] },
      killed: { sameAsTwin: true },
    });
    // The batch that the killed worker had in hand took one attempt more.
    expect(outcome.retries).toBeGreaterThanOrEqual(1);
    expect(demo.stderr).toMatch(/the same \d+ hashes, to the last/);
    const report = JSON.parse(readFileSync(join(directory, 'licences.json'), 'utf8')) as Report;
    expect(report.families.filter(({ by }) => by === 'person').map(({ verdict }) => verdict)).not.toContain('denied');
  });

  test('when it is to keep the server, then it stays up until Ctrl-C, and then nothing stays behind', async () => {
    const demo = startDemo('--keep');
    const worker = Number((await demo.printed(/^Worker: +process (\d+)$/m))[1]);
    await demo.printed(/stay up until Ctrl-C|TEMPORAL_ADDRESS names/);
    expect(isRunning(worker)).toBe(true);
    demo.kill('SIGINT');
    expect(await endOf(demo)).toBe(0);
    expect(isRunning(worker)).toBe(false);
  });

  test('when Ctrl-C comes in the middle, then it ends with 130 and leaves no worker behind', async () => {
    const demo = startDemo('--answer', 'deny');
    const worker = Number((await demo.printed(/^Worker: +process (\d+)$/m))[1]);
    demo.kill('SIGINT');
    expect(await endOf(demo)).toBe(130);
    expect(isRunning(worker)).toBe(false);
  });
});

describe('given a command line that makes no sense', () => {
  test('when the demo is started with it, then it says what is wrong and ends with 2', async () => {
    const demo = startDemo('--answer', 'maybe');
    expect(await endOf(demo)).toBe(2);
    expect(demo.stderr).toContain('--answer maybe');
    expect(existsSync(join(directory, 'worker.log'))).toBe(false);
  });

  test.each([
    [['--flaky', '2'], '--flaky 2'],
    [['--flaky', 'often'], '--flaky often'],
    [['--colour'], '--colour'],
    [['now'], 'now'],
    [['--project', '/nowhere'], 'package-lock.json'],
  ])('when it is %j, then the error of its options says what is wrong', (args, says) => {
    const error = thrownBy(() => readDemoOptions(args));
    expect(isDemoUsage(error)).toBe(true);
    expect(String(error)).toContain(says);
  });

  test('when it is asked for help, then it tells the options and ends with 0', async () => {
    const demo = startDemo('--help');
    expect(await endOf(demo)).toBe(0);
    expect(demo.stdout).toContain('--kill');
  });
});

interface Report {
  readonly packages: number;
  readonly families: readonly { readonly verdict: string; readonly by: string }[];
}

interface Outcome {
  readonly toldHash: string;
  readonly retries: number;
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

function startDemo(...args: readonly string[]): Child {
  const demo = Child.script('scripts/demo.mjs', ['--report', directory, ...args]);
  children.push(demo);
  return demo;
}

/** The exit code; what the demo printed is shown when it is not the one that was expected. */
async function endOf(demo: Child): Promise<number | NodeJS.Signals> {
  const code = await demo.ended;
  if (code !== 0 && code !== 2 && code !== 130) process.stderr.write(`${demo.stdout}\n${demo.stderr}\n`);
  return code;
}
