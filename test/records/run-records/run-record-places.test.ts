/** Where records are kept, whatever their ids and paths are, and what a listing says. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { RunRecordSchema } from '../../../src/records';
import {
  defaultRunsFolder,
  listRunRecords,
  loadRunRecord,
  loadRunRecordOf,
  runRecordPath,
  saveRunRecord,
} from '../../../src/run-files';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'record-places-'));
  folder = join(root, 'deep', 'runs');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const HOSTILE_IDS: readonly string[] = [
  '../escape',
  '../../escape',
  '../../../../../../tmp/escape',
  '/etc/passwd',
  '/',
  '//',
  '.',
  '..',
  '...',
  './run',
  'a/../../b',
  'a/b',
  'a\\b',
  '..\\..\\escape',
  'C:\\Windows\\win.ini',
  'C:run',
  '\\\\server\\share\\run',
  'file:///etc/passwd',
  '~/run',
  '~',
  '.hidden',
  'run.',
  'run ',
  ' run',
  'run\nrun',
  'run\u0000.json',
  'run\u0000/../../escape',
  'CON',
  'nul.json',
  'com1',
  '%2e%2e%2fescape',
  '%2E%2E/escape',
  '..%2fescape',
  '..\u2215escape',
  'é',
  'e\u0301',
  '\u202Egnp.exe',
  '*?"<>|',
  '$(touch escape)',
  '-rf',
  'x'.repeat(900),
  `${'x'.repeat(899)}y`,
  '\u{1F600}'.repeat(200),
  '__proto__',
  'constructor',
];

test.each(HOSTILE_IDS)(
  'given the id %j, when its record is saved, then it is in the folder, and found under the id',
  async (id) => {
    const { path } = await saveRunRecord(RunRecordSchema.parse({ id }), { folder });
    expect(dirname(resolve(path))).toBe(resolve(folder));
    expect(readdirSync(root)).toEqual(['deep']);
    expect(readdirSync(join(root, 'deep'))).toEqual(['runs']);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(Buffer.byteLength(readdirSync(folder)[0] ?? '')).toBeLessThan(256);
    expect((await loadRunRecordOf(id, folder)).id).toBe(id);
    expect(await listRunRecords(folder)).toMatchObject([{ id, path }]);
  },
);

test('given the hostile ids, then no two of them have one file, nor on a disk that does not tell large letters from small', () => {
  const paths = HOSTILE_IDS.map((id) => runRecordPath(id, folder).normalize('NFC'));
  expect(new Set(paths).size).toBe(HOSTILE_IDS.length);
  expect(paths.every((path) => path.startsWith(resolve(folder) + sep))).toBe(true);
});

test.each(['', '\uD800'])('given the id %j, when its record is to be saved, then it is refused', (id) => {
  expect(() => runRecordPath(id, folder)).toThrow(/a run record is kept under an id/);
});

test('given two ids that lead to one file, when the second is saved, then the first is not overwritten', async () => {
  const { path } = await saveRunRecord(RunRecordSchema.parse({ id: 'run' }), { folder });
  // As a disk that does not tell large letters from small would have it.
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"run"', '"RUN"'));
  await expect(saveRunRecord(RunRecordSchema.parse({ id: 'run' }), { folder })).rejects.toMatchObject({
    code: 'RunRecordFile',
  });
});

test.each([
  ['a path with a NUL', 'a\u0000b', 'RunRecordFile'],
  ['an empty path', '', 'RunRecordFile'],
  ['a folder', '.', 'RunRecordFile'],
  ['a file in a file', 'file/record.json', 'RunRecordFile'],
])('given %s, when a record is saved there, then it is a typed error and nothing is left', async (_, place, code) => {
  writeFileSync(join(root, 'file'), 'x');
  const path = place === '' || place.includes('\u0000') ? place : join(root, place);
  await expect(saveRunRecord(RunRecordSchema.parse({ id: 'r' }), { path })).rejects.toMatchObject({ code });
  expect(readdirSync(root)).toEqual(['file']);
  expect(readdirSync(dirname(root)).filter((name) => name.startsWith('.record-places'))).toEqual([]);
});

test('given a folder with records and other files, when it is listed, then each record is told, or why it can’t be', async () => {
  expect(await listRunRecords(folder)).toEqual([]);
  await saveRunRecord(RunRecordSchema.parse({ id: 'b', workflow_id: 'wf', status: 'failed' }), { folder });
  await saveRunRecord(RunRecordSchema.parse({ id: 'a' }), { folder });
  writeFileSync(join(folder, 'torn.json'), '{"id":');
  writeFileSync(join(folder, '.a.json.tmp'), '{');
  mkdirSync(join(folder, 'b-llm'));
  const listed = await listRunRecords(folder);
  expect(listed).toMatchObject([
    { id: 'a', status: 'running' },
    { id: 'b', workflowId: 'wf', status: 'failed' },
    { error: { code: 'InvalidRunRecord' } },
  ]);
});

test('given a broken record, when it is loaded, then the error says where and quotes nothing', async () => {
  const path = join(root, 'broken.json');
  writeFileSync(path, `{"id":"r","metadata":{"password":"hunter2"},"stages":[{"id":"s"},{"id":${'é'.repeat(700)}`);
  await expect(loadRunRecord(path)).rejects.toMatchObject({ code: 'InvalidRunRecord' });
  await expect(loadRunRecord(path)).rejects.not.toThrow(/hunter2|é/);
  writeFileSync(path, '{"id":"r","stages":[{"id":"s"},{"id":5,"secret":"hunter2"}]}');
  await expect(loadRunRecord(path)).rejects.toMatchObject({ message: expect.stringContaining('stages.1.id') });
  await expect(loadRunRecord(path)).rejects.not.toThrow(/hunter2/);
});

test('given an environment that names a folder, then records are kept there', () => {
  expect(defaultRunsFolder({ TEMPORAL_KERNEL_RUN_DIR: folder })).toBe(folder);
  expect(defaultRunsFolder({})).toBe(resolve('.temporal-kernel/runs'));
});
