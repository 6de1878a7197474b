/**
 * A process that saves a record is killed, again and again, wherever it is: the old file or the new one is there, whole. `KILLED_SAVES=…`
 * says how often.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { loadRunRecordOf } from '../../../src/run-files';
import { startScript } from '../../support/compiled-script';

const KILLS = Number(process.env['KILLED_SAVES'] ?? 200);
const AT_ONCE = 4;

/** Some saves take this long. */
const WITHIN_MS = 12;

jest.setTimeout(60_000 + KILLS * 1_000);

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'killed-saves-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

test(`given a process that saves, when it is killed ${KILLS} times, then the record is always whole`, async () => {
  // Everything in one file: it starts in half the time.
  const script = join(directory, 'endless-saves.js');
  buildSync({
    entryPoints: [join(__dirname, 'endless-saves.ts')],
    outfile: script,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
  });
  let inTheMiddle = 0;
  let left = KILLS;
  const killing = Array.from({ length: AT_ONCE }, async (_, lane) => {
    const folder = join(directory, `runs-${lane}`);
    mkdirSync(folder);
    for (let kill = 0; left > 0; kill += 1) {
      left -= 1;
      const what = kill % 2 === 0 ? 'saves' : 'writes';
      const child = startScript(script, [folder, what]);
      await child.printed(/saving/);
      // Every moment of a save, one after the other, and not the same for each lane.
      await pause(((kill * 7 + lane * 3) % (WITHIN_MS * 4)) / 4);
      child.kill('SIGKILL');
      await child.ended;
      const { task, workflow_id: word } = await loadRunRecordOf('killed', folder);
      expect([`${word} `.repeat(2_000), `${word} `.repeat(20_000)]).toContain(task);
      const torn = readdirSync(folder).filter((name) => name.endsWith('.tmp'));
      inTheMiddle += torn.length;
      for (const name of torn) rmSync(join(folder, name));
      expect(readdirSync(folder)).toHaveLength(1);
    }
  });
  await Promise.all(killing);
  // Enough of them died with a file half written, or the test would show nothing.
  expect(inTheMiddle).toBeGreaterThan(KILLS / 20);
});
