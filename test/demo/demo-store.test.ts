/** `npm run demo -- --store …`: the log goes where it is told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyStoredChain } from '../../src/kernel';
import { diffRunRecords, evaluateRunAgainstFixture, recordDifferences } from '../../src/records';
import { listRunRecords, loadRunRecord } from '../../src/run-files';
import { openStore } from '../../src/stores';
import { startPostgres, type Postgres } from '../../tools/postgres';
import { Child } from '../worker/child';

jest.setTimeout(240_000);

let directory: string;
let postgres: Postgres;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'demo-store-'));
  postgres = await startPostgres();
});

afterAll(async () => {
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
});

test.each([
  ['PostgreSQL', () => postgres.url],
  ['a file', () => join(directory, 'elsewhere.db')],
])(
  'given the demo, when it is told to keep its log in %s, then the log is there and verifies by itself',
  async (_, place) => {
    const demo = Child.script('scripts/demo.mjs', ['--report', directory, '--answer', 'deny', '--store', place()]);
    const code = await demo.ended;
    if (code !== 0) process.stderr.write(`${demo.stdout}\n${demo.stderr}\n`);
    expect(code).toBe(0);
    expect(demo.stdout).toMatch(/^Verified: {2}yes/m);
    expect(demo.stdout).not.toContain(new URL(postgres.url).password);

    const runId = /^Run: +(\S+),/m.exec(demo.stdout)?.[1] ?? '';
    const head = Number(/^Events: +(\d+)$/m.exec(demo.stdout)?.[1]);
    const store = await openStore(place());
    expect(await verifyStoredChain(store, runId)).toMatchObject({ ok: true, head });
    await store.close();
    expect(demo.stdout).toMatch(new RegExp(`^Record: .*records/${runId}\\.json$`, 'm'));
  },
);

test('given the records of the two runs of the demo, when they are compared, then nothing differs but times and ids', async () => {
  const listed = await listRunRecords(join(directory, 'records'));
  const [left, right] = await Promise.all(listed.map(({ path }) => loadRunRecord(path)));
  expect(listed).toHaveLength(2);
  expect(left!.stages.length).toBeGreaterThan(5);
  expect(left!.tool_recordings.length).toBeGreaterThan(3);
  expect(left!.hitl_questions.every((question) => question['answer'] === 'deny')).toBe(true);

  expect(diffRunRecords(left!, right!)).toMatchObject({ identical: true, stage_diffs: [], tool_diffs: [] });
  expect(evaluateRunAgainstFixture(left!, right!.replay_fixture!)).toMatchObject({ pass: true, failures: [] });
  const differences = recordDifferences(left!, right!);
  // How often the server had to try is not the run's doing: a machine that is busy loses an attempt now and then.
  const content = differences.filter(({ kind, path }) => kind === 'content' && !path.includes('.attempts['));
  expect(content).toEqual([]);
  expect(new Set(differences.map(({ kind }) => kind))).toEqual(new Set(['id', 'time']));
});

test('given the URL of a database that is not there, when the demo is told to use it, then it says so at once', async () => {
  const demo = Child.script('scripts/demo.mjs', [
    '--report',
    directory,
    '--store',
    'postgres://runs:secret@127.0.0.1:1/runs',
  ]);
  expect(await demo.ended).toBe(1);
  expect(demo.stderr).toContain('postgres://runs@127.0.0.1:1/runs');
  expect(demo.stderr).not.toContain('secret');
});
