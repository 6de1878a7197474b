/** The benches that run workflows, as they are called, with a tiny dose: what they print and what they find. Nothing of how fast anything is. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PROJECT = join(__dirname, '../..');

/** Calls what `npm run bench` calls once everything is installed, and gives the one document that it prints. */
function bench(...args: readonly string[]): { readonly code: number | null; readonly report: unknown } {
  const command = ['--require', './tools/bench/compiled.cjs', 'tools/bench/main.ts', ...args, '--json'];
  const { status, stdout } = spawnSync(process.execPath, command, { cwd: PROJECT, encoding: 'utf8' });
  return { code: status, report: JSON.parse(stdout) as unknown };
}

test('given a tiny dose of steps, then every side did every workload that it has, and every bound was judged', () => {
  const dose = ['--rounds', '1', '--steps', '3', '--runs', '2', '--answers', '2', '--laps', '1'];
  const { code, report } = bench('steps', ...dose, '--no-rest');
  const { rows, bounds } = report as {
    readonly rows: readonly { readonly load: string; readonly side: string; readonly ms: number }[];
    readonly bounds: readonly { readonly holds: boolean; readonly ratio: number; readonly ratioMax: number }[];
  };
  expect(rows.map(({ load, side }) => `${side}: ${load}`)).toEqual([
    'hand-written: 1 run of 3 steps',
    'ours: 1 run of 3 steps',
    'ours in bursts: 1 run of 3 steps',
    'local activities: 1 run of 3 steps',
    'hand-written: 2 runs of 10 steps at once',
    'ours: 2 runs of 10 steps at once',
    'ours in bursts: 2 runs of 10 steps at once',
    'local activities: 2 runs of 10 steps at once',
    'hand-written: 2 answers, to the next question',
    'ours: 2 answers, to the next question',
  ]);
  expect(rows.every(({ ms }) => ms > 0)).toBe(true);
  expect(bounds).toHaveLength(5);
  expect(bounds.every(({ holds, ratio, ratioMax }) => holds === ratio <= ratioMax)).toBe(true);
  expect(code).toBe(bounds.every(({ holds }) => holds) ? 0 : 1);
});

test('given a tiny dose of many runs, then every run completed, and the logs of all of them verify', () => {
  const { code, report } = bench('many', '--runs', '5', '--workers', '2');
  expect(report).toMatchObject({ figures: [{ workers: 2, runs: 5, completed: 5, sampled: 5, verified: 5 }] });
  expect(code).toBe(0);
});

test('given a tiny dose of workers with other options, then each did every run, the one with the defaults first', () => {
  const { code, report } = bench('defaults', '--rounds', '1', '--runs', '1', '--cold');
  const { rows } = report as {
    readonly rows: readonly { readonly variant: string; readonly ms: number; readonly ratio: number }[];
  };
  expect(rows[0]).toMatchObject({ variant: 'the defaults', ratio: 1 });
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.every(({ ms }) => ms > 0)).toBe(true);
  expect(code).toBe(0);
});

test('given a tiny dose on servers with a file, then each did every run, the one with the write-ahead log first', () => {
  const { code, report } = bench('journal', '--rounds', '1', '--runs', '1', '--cold');
  const rows = [{ variant: 'a write-ahead log', ratio: 1 }, { variant: 'a rollback journal' }];
  expect(report).toMatchObject({ bench: 'journal', rounds: 1, runs: 1, rows });
  expect(code).toBe(0);
});

test('given a tiny dose of our two sides of the peers, then each did both workloads, and says what is durable after a step', () => {
  const dose = ['--rounds', '1', '--steps', '2', '--runs', '2'];
  const { code, report } = bench('peers', '--only', 'ours', '--only', 'bursts', ...dose);
  expect(report).toMatchObject({
    rows: [
      { load: '1 run of 2 steps', name: 'ours' },
      { load: '1 run of 2 steps', name: 'ours in bursts' },
      { load: '2 runs of 10 steps at once', name: 'ours' },
      { load: '2 runs of 10 steps at once', name: 'ours in bursts' },
    ],
    measured: [{ durable: expect.stringContaining('history') }, { durable: expect.stringContaining('heartbeat') }],
    leftOut: [],
  });
  expect(code).toBe(0);
});

test('given a tiny dose of the footprint, then both sides took as many events for a step, and the same history was replayed', () => {
  const { code, report } = bench('footprint', '--cached', '2', '--events', '60');
  const { ours, 'hand-written': byHand } = report as Readonly<
    Record<'ours' | 'hand-written', Readonly<Record<string, number>>>
  >;
  expect(ours).toMatchObject({ eventsPerStep: 6, eventsAround: 5, replayedEvents: 65 });
  expect(byHand).toMatchObject({ eventsPerStep: 6, eventsAround: 5, replayedEvents: 65 });
  for (const figure of ['bytesPerStep', 'bytesAround', 'bundleKb', 'startMs', 'startWithBundlingMs', 'replayMs']) {
    expect(ours[figure]).toBeGreaterThan(0);
    expect(byHand[figure]).toBeGreaterThan(0);
  }
  expect(ours['heapKbPerCachedRun']).toEqual(expect.any(Number));
  expect(code).toBe(0);
});
