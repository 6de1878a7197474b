/** Every recorded run as one file: what is written is read back to the same log, verifies, and is what today's program would do. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExportedHistorySource, Mirror } from '../../src/mirror';
import {
  exportRun,
  KeptHistories,
  parseRunExport,
  replayRunExport,
  runExportText,
  storeOfExport,
  verifyRunExport,
  type RunExport,
} from '../../src/run-export';
import { MemoryStore } from '../../src/stores';
import { RECORDED_PROGRAMS, RECORDINGS } from '../histories/recordings';
import { logText } from '../support/log-text';

const programs = RECORDED_PROGRAMS;
const names = RECORDINGS.flatMap(({ name, children = [] }) => [name, ...children]);

/** A recorded run, written to a text and read back. */
async function readBack(name: string): Promise<{ readonly log: readonly string[]; readonly exported: RunExport }> {
  const histories = JSON.parse(await readFile(join(__dirname, `../histories/${name}.json`), 'utf8')) as unknown[];
  const source = new KeptHistories(new ExportedHistorySource(histories));
  const store = new MemoryStore();
  const { runId } = await new Mirror({ source, programs, store }).mirror(name);
  const text = runExportText(await exportRun(store, runId, source.exported));
  return { log: logText(await store.scanLog(runId, 1)), exported: parseRunExport(JSON.parse(text)) };
}

describe.each(names)('given the recorded run %s', (name) => {
  test('when it is exported and read back, then it is the same log, and it verifies and replays', async () => {
    const { log, exported } = await readBack(name);
    const store = await storeOfExport(exported);
    expect(logText(await store.scanLog(exported.run.runId, 1))).toEqual(log);
    expect(await verifyRunExport(exported, { programs })).toMatchObject({
      ok: true,
      checks: ['chain', 'fold'],
      problems: [],
    });
    expect(await verifyRunExport(exported)).toMatchObject({ ok: true, checks: ['chain'], hash: exported.hash });
    expect(await replayRunExport(exported, { programs })).toMatchObject({
      ok: true,
      head: exported.head,
      problem: null,
    });
  });
});
