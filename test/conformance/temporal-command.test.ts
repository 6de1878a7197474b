/** `npm run conformance -- --on temporal` as it is called: what it prints last, and its exit code. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEV_SERVER_ENV, fromSetup } from '../support/environment';
import { Child } from '../worker/child';

jest.setTimeout(180_000);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'temporal-kernel-conformance-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function conformance(...args: readonly string[]): Promise<{ code: unknown; lines: string[]; errors: string }> {
  const command = Child.script('node_modules/tsx/dist/cli.mjs', ['tools/conformance/main.ts', ...args]);
  const code = await command.ended;
  return { code, lines: command.stdout.trimEnd().split('\n'), errors: command.stderr };
}

const SCENARIOS = readFileSync(join(__dirname, 'golden/whole.jsonl'), 'utf8').split('\n');
const [DENIED, FAILING] = [4, 1].map((index) => JSON.parse(SCENARIOS[index] as string) as Record<string, unknown>);

function write(name: string, ...scenarios: readonly unknown[]): string {
  const path = join(folder, name);
  writeFileSync(path, scenarios.map((scenario) => JSON.stringify(scenario)).join('\n'));
  return path;
}

test('given scenarios that pass, differ and are left, then it says so of each, and counts', async () => {
  const [wrong, crashing] = [
    { ...FAILING, name: 'wrong', head: 7 },
    { ...FAILING, name: 'crashing', setup_text: String(FAILING!['setup_text']).replace('"Failure"', '"Crash"') },
  ];
  const file = write('mixed.jsonl', DENIED, wrong, crashing);

  const { code, lines } = await conformance('--on', 'temporal', '--address', fromSetup(DEV_SERVER_ENV), file);

  expect(lines[0]).toBe(`ok      ${String(DENIED!['name'])}`);
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}differs on purpose: .* \(mirrored-snapshots\)$/));
  const at = lines.indexOf('FAILED  wrong');
  expect(lines.slice(at + 1).filter((line) => line === '    reference: 7')).toHaveLength(1);
  expect(lines.slice(-3)).toEqual([
    'left    crashing: a process dies in it; a worker that dies takes no run with it (process-death)',
    '1 left to their own tests',
    '1 passed, 1 failed',
  ]);
  expect(code).toBe(1);
});

test('given no address, then it starts a server of its own, and stops it', async () => {
  const { code, lines } = await conformance('--on', 'temporal', write('one.json', DENIED));

  expect(lines.at(-1)).toBe('1 passed, 0 failed');
  expect(code).toBe(0);
});

test('given an address where nobody answers, then it says so, and its exit code is 2', async () => {
  const { code, errors } = await conformance('--on', 'temporal', '--address', '127.0.0.1:1', write('one.json', DENIED));
  expect(errors).toMatch(/^The Temporal server at 127\.0\.0\.1:1 does not answer/);
  expect(code).toBe(2);
});
