/** The command as it is called: what it prints last, and its exit code. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROJECT = join(__dirname, '../..');
const GOLDEN = join(__dirname, 'golden');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'temporal-kernel-conformance-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** Calls what `npm run conformance` calls once everything is installed. */
function conformance(...args: readonly string[]): Outcome {
  const command = ['--require', 'tsx/cjs', 'tools/conformance/main.ts', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: PROJECT, encoding: 'utf8' });
  return { code: status, lines: stdout.trimEnd().split('\n'), errors: stderr };
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** One of the reference's scenarios, with something changed. */
function altered(name: string, changes: Readonly<Record<string, unknown>>): string {
  const line = readFileSync(join(GOLDEN, 'scenarios.jsonl'), 'utf8').split('\n')[0] as string;
  return write(name, JSON.stringify({ ...(JSON.parse(line) as object), ...changes }));
}

test('given the golden folder, then every scenario passes and the tables are skipped', () => {
  const { code, lines } = conformance(GOLDEN);
  expect(lines.at(-1)).toBe('147 passed, 0 failed');
  expect(code).toBe(0);
  const tables = readdirSync(GOLDEN).filter((name) => name.endsWith('.json'));
  expect(lines.filter((line) => line.startsWith('skipped'))).toHaveLength(tables.length);
  expect(lines).toContain('ok      01_immediate_complete');
});

test('given a scenario that differs on purpose, then it passed, with the reason', () => {
  const { lines } = conformance(join(GOLDEN, 'scenarios.jsonl'));
  const at = lines.indexOf('ok      55_rerun_while_blocked_stateless_reducer');
  expect(lines[at + 1]).toMatch(/^ {2}differs on purpose: .* \(blocked-stays-blocked\)$/);
});

test('given a scenario that differs, then it says where and how, and fails', () => {
  const { code, lines } = conformance(altered('other-head.json', { head: 7 }), join(GOLDEN, 'generated.jsonl'));
  expect(lines.slice(0, 4)).toEqual([
    'FAILED  01_immediate_complete',
    '  head',
    '    reference: 7',
    '    ours:      1',
  ]);
  expect(lines.at(-1)).toBe('40 passed, 1 failed');
  expect(code).toBe(1);
});

test('given a scenario that cannot be played, then it fails and the others are played', () => {
  const setup = JSON.stringify({ run_id: 'r', initial_state: {}, phases: [{ op: 'resume' }] });
  const { code, lines } = conformance(
    altered('unplayable.json', { setup_text: setup }),
    join(GOLDEN, 'generated.jsonl'),
  );
  expect(lines.slice(0, 2)).toEqual(['FAILED  01_immediate_complete', "  it can't be played: a resume needs a signal"]);
  expect(lines.at(-1)).toBe('40 passed, 1 failed');
  expect(code).toBe(1);
});

test('given --help, then it says how it is used', () => {
  const { code, lines } = conformance('--help');
  expect(lines[0]).toBe('npm run conformance -- [--on temporal [--bursts] [--address HOST:PORT]] DIR|FILE...');
  expect(code).toBe(0);
});

test.each<readonly [string, () => readonly string[], RegExp]>([
  ['nothing', () => [], /^which scenarios\?/],
  ['a path that is missing', () => ['no/such/path'], /^no\/such\/path: no such file or folder$/m],
  ['a file of another kind', () => [join(PROJECT, 'README.md')], /neither a \.json nor a \.jsonl file/],
  ['bad JSON', () => [write('bad.json', '{')], /bad\.json: not JSON: /],
  ['a bad line', () => [write('bad.jsonl', '{}\n{"name":')], /bad\.jsonl:2: not JSON: /],
  ['tables alone', () => [join(GOLDEN, 'policy-backoff.json')], /^no scenario in /],
  ['an option that is none', () => ['--fast'], /--fast/],
  ['--on another place', () => ['--on', 'mars', GOLDEN], /^--on mars: scenarios run on temporal, or without --on/],
  ['bursts alone', () => ['--bursts', GOLDEN], /^--bursts says how Temporal does calls of tools: it needs/],
  ['an address alone', () => ['--address', 'localhost:7233', GOLDEN], /^--address names a Temporal server: it needs/],
])('given %s, then it says what is wrong, and its exit code is 2', (_, args, message) => {
  const { code, errors } = conformance(...args());
  expect(errors).toMatch(message);
  expect(code).toBe(2);
});
