/** Mirrors that are killed at every point of their loop, and many mirrors of one run at once: the log is there, once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyStoredChain, type LogStore } from '../../src/kernel';
import { Mirror } from '../../src/mirror';
import { MemoryStore, SqliteStore } from '../../src/stores';
import { compileScript, startScript } from '../support/compiled-script';
import { DEV_SERVER_ENV, fromSetup } from '../support/environment';
import { logText } from '../support/log-text';
import { pilgrim } from '../support/pilgrim';
import { playing, type Line } from '../support/player';
import { PROGRAMS, RunHarness } from '../support/run-harness';
import type { Child } from '../worker/child';
import type { MirrorTask } from './crash-mirror';
import { CRASH_POINTS, type CrashPoint } from './crash-points';

jest.setTimeout(120_000);

/** A mirror writes after two hundred activations; between two milestones are four: so that one look needs two transactions. */
const MILESTONES = 55;

let harness: RunHarness;
let directory: string;
let script: string;
const children: Child[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-crash-'));
  script = compileScript(join(__dirname, 'crash-mirror.ts'), directory);
  harness = await RunHarness.open();
  await harness.startWorker();
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await harness.close();
  rmSync(directory, { recursive: true });
});

const echoes = (count: number): Line[] => Array.from({ length: count }, (_, input) => ({ call: 'echo', input }));

function startMirror(task: Omit<MirrorTask, 'address'>): Child {
  const child = startScript(script, [JSON.stringify({ address: fromSetup(DEV_SERVER_ENV), ...task })]);
  children.push(child);
  return child;
}

const mirrorInto = (store: LogStore): Mirror => new Mirror({ client: harness.client, programs: PROGRAMS, store });

async function logAlone(runId: string): Promise<readonly string[]> {
  const alone = new MemoryStore();
  await mirrorInto(alone).mirror(runId);
  return logText(await alone.scanLog(runId, 1));
}

describe('given a run that takes a mirror two transactions', () => {
  let runId: string;
  let wanted: readonly string[];
  beforeAll(async () => {
    runId = harness.newRunId('pilgrim');
    await harness.kernel.start(pilgrim, { runId, initialState: {}, continueAfterEvents: 300 });
    for (let number = 1; number <= MILESTONES; number += 1) {
      await harness.kernel.signal(runId, 'milestone', { number, last: number === MILESTONES });
    }
    await harness.kernel.runUntilBlocked(runId);
    wanted = await logAlone(runId);
  });

  /** Where the second transaction has points of its own, the mirror is killed there too. */
  const crashes = CRASH_POINTS.flatMap((point): [CrashPoint, number][] => {
    if (point === 'between two events') return [1, 299, 1_100].map((passes) => [point, passes]);
    const passesAgain = /execution is read|execution was read|transaction|commit/.test(point);
    return passesAgain ? [1, 2].map((passes) => [point, passes]) : [[point, 1]];
  });

  test.each(crashes)('when a mirror dies %s, pass %i, then the next one makes the log whole', async (point, passes) => {
    const file = join(directory, `${point}-${passes}.db`);
    const mirror = startMirror({ runId, file, crash: { point, passes } });
    expect([await mirror.ended, mirror.stderr]).toEqual(['SIGKILL', '']);

    const store = SqliteStore.open(file);
    const left = logText(await store.scanLog(runId, 1));
    expect(left).toEqual(wanted.slice(0, left.length));
    if (left.length > 0) expect(await verifyStoredChain(store, runId)).toMatchObject({ ok: true, head: left.length });

    const added = wanted.length - left.length;
    expect(await mirrorInto(store).mirror(runId)).toMatchObject({ closed: 'completed', added });
    expect(logText(await store.scanLog(runId, 1))).toEqual(wanted);
    await store.close();
  });
});

test.each([2, 8])('given %i mirrors of a run that is under way, then the log is there once', async (mirrors) => {
  const file = join(directory, `at-once-${mirrors}.db`);
  const runId = harness.newRunId();
  const looking = Array.from({ length: mirrors }, () => startMirror({ runId, file, crash: null }));
  const initialState = playing(...echoes(20), { ask: 'go on?' }, ...echoes(20));
  await harness.kernel.start('player', { runId, initialState, continueAfterEvents: 40 });
  await harness.kernel.runUntilBlocked(runId);
  await harness.kernel.resume(runId, 'yes');

  expect(await Promise.all(looking.map(({ ended }) => ended))).toEqual(looking.map(() => 0));

  const added = looking.map(({ stdout }) => Number(stdout));
  const wanted = await logAlone(runId);
  expect(added.reduce((sum, count) => sum + count, 0)).toBe(wanted.length);
  const store = SqliteStore.open(file);
  expect(logText(await store.scanLog(runId, 1))).toEqual(wanted);
  expect(await mirrorInto(store).verify(runId)).toMatchObject({ ok: true, problems: [] });
  await store.close();
});
