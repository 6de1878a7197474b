/** The command as it is called, with a tiny dose: what it prints, and its exit code. It says nothing of how fast anything is. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadCommand } from '../../tools/bench/bench';
import { kernelBench } from '../../tools/bench/kernel-bench';

const PROJECT = join(__dirname, '../..');
const TINY = ['kernel', '--rounds', '1', '--actions', '100', '--no-reference'];

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Calls what `npm run bench` calls once everything is installed. */
function bench(...args: readonly string[]): Outcome {
  const command = ['--require', './tools/bench/compiled.cjs', 'tools/bench/main.ts', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: PROJECT, encoding: 'utf8' });
  return { code: status, output: stdout, errors: stderr };
}

test('given a tiny dose, then it prints the machine, a line for each row and one for each bound', () => {
  const { code, output } = bench(...TINY);
  const lines = output.trimEnd().split('\n');
  expect(lines[0]).toContain(`node ${process.versions.node}`);
  expect(lines[1]).toBe('reference: oris-kernel 0.2.13, not measured: --no-reference');
  expect(lines.filter((line) => /^run of 100 actions, .* \d+\.\d+ /.test(line))).toHaveLength(1);
  expect(lines.filter((line) => /, 200 events +\d+\.\d+ /.test(line))).toHaveLength(13);
  expect(lines.filter((line) => line.startsWith('not measured  '))).toHaveLength(7);
  expect(code).toBe(0);
});

test('given --json, then it prints one document: every row has a figure, and no bound was judged', () => {
  const { code, output } = bench(...TINY, '--json');
  const report = JSON.parse(output) as {
    rows: { id: string; oursMs: number; referenceMs: number | null; publishedMs: number | null }[];
    bounds: { holds: boolean | null }[];
  };
  expect(report.rows).toHaveLength(14);
  expect(report.rows.every(({ oursMs, referenceMs }) => oursMs > 0 && referenceMs === null)).toBe(true);
  // Logs are shorter than those of the published figures; the run of 100 actions is not.
  expect(report.rows.filter(({ publishedMs }) => publishedMs !== null).map(({ id }) => id)).toEqual(['run 100']);
  expect(report.bounds.every(({ holds }) => holds === null)).toBe(true);
  expect(code).toBe(0);
});

test('given --help, then it says how it is used, and what the kernel bench has for options', () => {
  const all = bench('--help');
  expect(all.output).toMatch(/^npm run bench -- BENCH/);
  expect(all.output).toMatch(/^ {2}kernel /m);
  expect(all.code).toBe(0);
  const kernel = bench('kernel', '--help');
  expect(kernel.output).toMatch(/^npm run bench -- kernel/);
  expect(kernel.code).toBe(0);
});

test.each<readonly [string, readonly string[], RegExp]>([
  ['nothing', [], /^which bench\?/],
  ['a bench that is none', ['nonsense'], /^nonsense: no such bench/],
  ['an option that is none', ['kernel', '--fast'], /--fast/],
])('given %s, then it says what is wrong, and its exit code is 2', (_, args, message) => {
  const { code, errors } = bench(...args);
  expect(errors).toMatch(message);
  expect(code).toBe(2);
});

test.each<readonly [string, readonly string[], RegExp]>([
  ['no round', ['--rounds', '0'], /^--rounds 0: it must be 1, 2, 3/],
  ['a count that is none', ['--actions', 'many'], /^--actions many: it must be/],
  ['a reference that is to be run and not', ['--no-reference', '--reference', 'x'], /one of them, not both/],
])('given %s, then the kernel bench refuses its command line', async (_, args, message) => {
  const refusal = (async () => await kernelBench.run(args))();
  await expect(refusal).rejects.toThrow(BadCommand);
  await expect(refusal).rejects.toThrow(message);
});

test('given a folder without the reference, then it says so, and its exit code is 2', () => {
  const folder = mkdtempSync(join(tmpdir(), 'temporal-kernel-bench-'));
  try {
    const { code, errors } = bench('kernel', '--reference', folder);
    expect(errors).toContain('no Cargo.toml with a src/bin/bench.rs there');
    expect(code).toBe(2);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
