/**
 * 1,000 mutated histories. The mirror finds every one and names it; beside it stands how many Temporal's own replay finds, of a
 * sample. More of them, and all replays: `npm run soak -- mutations`.
 */
import { ExportedHistorySource, Mirror } from '../../src/mirror';
import { RECORDED_PROGRAMS } from '../histories/recordings';
import { BUNDLE_ENV, fromSetup } from '../support/environment';
import { findByFold, findByVerification } from './mutation/finding';
import { honestRuns, type HonestRun } from './mutation/honest-run';
import { isVouchedForByHistory, KINDS, mutationOf, type Mutation } from './mutation/mutation';
import { MutationReport } from './mutation/report';
import { replayByTemporal } from './mutation/temporal-replay';

const FIRST_SEED = 1;
const COUNT = 1_000;

/**
 * Of each kind so many are replayed by Temporal: a replay takes ten times as long as both checks of the mirror, and one in five brings
 * down its process, so that the next one has to wait for another.
 */
const REPLAYED_OF_EACH_KIND = 2;

let runs: readonly HonestRun[];
beforeAll(async () => {
  runs = await honestRuns();
});

const repeat = ({ seed }: Mutation): string => `npm run soak -- mutations --seed ${seed} --count 1`;

test('given the recorded histories as they are, when they are verified and mirrored, then nothing is found', async () => {
  for (const { runId, histories, store } of runs) {
    const source = new ExportedHistorySource(histories);
    expect(await new Mirror({ source, programs: RECORDED_PROGRAMS, store }).verify(runId)).toMatchObject({
      ok: true,
      problems: [],
    });
  }
});

test('given a seed, when a mutation is made again, then it is the same', () => {
  for (const seed of [1, 2, 77, 4_711]) {
    expect(mutationOf(runs, seed)).toEqual(mutationOf(runs, seed));
  }
});

test(`given ${COUNT} mutated histories, when they are verified, then every one is found and named`, async () => {
  const mutations = Array.from({ length: COUNT }, (_, index) => mutationOf(runs, FIRST_SEED + index));
  const sample = mutations.slice(0, REPLAYED_OF_EACH_KIND * KINDS.length);
  const replays = replayByTemporal(
    fromSetup(BUNDLE_ENV),
    sample.map(({ run, execution, histories }) => ({ runId: run.runId, history: histories[execution] })),
  );
  const report = new MutationReport();
  const wrong: string[] = [];
  for (const mutation of mutations) {
    const [verified, folded] = [await findByVerification(mutation), await findByFold(mutation)];
    report.mirrored(mutation, verified, folded);
    if (verified?.isNear !== true)
      wrong.push(`${mutation.description}: ${verified?.reason ?? 'not found'} (${repeat(mutation)})`);
    if (folded === null && isVouchedForByHistory(mutation)) {
      wrong.push(`${mutation.description}: not found by the history alone (${repeat(mutation)})`);
    }
  }
  for (const [index, outcome] of (await replays).entries()) report.replayed(sample[index]!, outcome);

  process.stdout.write(`\n${String(report)}\n`);
  expect(wrong).toEqual([]);
  expect(report.total).toMatchObject({ made: COUNT, verified: COUNT, named: COUNT });
  // If Temporal's replay found them all, or none, it would not have been a replay of these histories.
  expect(report.total.replays.found).toBeGreaterThan(0);
  expect(report.total.replays.passed).toBeGreaterThan(0);
}, 300_000);
