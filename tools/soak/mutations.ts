/** Any number of mutated histories: the mirror must find every one, and name it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findByFold, findByVerification } from '../../test/mirror/mutation/finding';
import { honestRuns } from '../../test/mirror/mutation/honest-run';
import { isVouchedForByHistory, mutationOf, type Mutation } from '../../test/mirror/mutation/mutation';
import { MutationReport } from '../../test/mirror/mutation/report';
import { replayByTemporal, type ReplayOutcome } from '../../test/mirror/mutation/temporal-replay';
import { bundleOf } from '../../test/support/bundle';
import { wholeNumber, type Soak } from './soak';

const USAGE = `npm run soak -- mutations [--count N] [--seed S] [--no-replay] [--verbose]

Changes recorded histories, one change each, and lets the mirror look for it: with the honest log beside it, and from the
history alone. Prints for each kind of change how many were found, and how many Temporal's own replay finds.

  --count N    mutations to make; 1,000 unless given
  --seed S     seed of the first; the next has the next number, so that one can be made again alone; 1 unless given
  --no-replay  leaves Temporal's replay out: it takes ten times as long as the mirror
  --verbose    prints each mutation, and what was found

The last line is "N held, N failed": a mutation that the mirror did not find or did not name has failed.`;

export const mutations: Soak = {
  name: 'mutations',
  summary: 'changed histories: the mirror finds every one, and names it',
  usage: USAGE,
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        count: { type: 'string', default: '1000' },
        seed: { type: 'string', default: '1' },
        'no-replay': { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    });
    const count = wholeNumber('count', values.count, 1);
    const seed = wholeNumber('seed', values.seed, 0);
    return await soakMutations({ seed, count, replays: !values['no-replay'], verbose: values.verbose });
  },
};

interface Options {
  readonly seed: number;
  readonly count: number;
  /** Whether Temporal's own replay is asked too. */
  readonly replays: boolean;
  readonly verbose: boolean;
}

async function soakMutations({ seed, count, replays, verbose }: Options): Promise<boolean> {
  const runs = await honestRuns();
  const report = new MutationReport();
  const wrong: string[] = [];
  const replayed: Mutation[] = [];
  for (let made = 0; made < count; made += 1) {
    const mutation = mutationOf(runs, seed + made);
    const [verified, folded] = [await findByVerification(mutation), await findByFold(mutation)];
    report.mirrored(mutation, verified, folded);
    const isFound = verified?.isNear === true && (folded !== null || !isVouchedForByHistory(mutation));
    const line = `${mutation.seed}: ${mutation.kind}: ${mutation.description}\n  ${verified?.reason ?? 'not found'}`;
    if (!isFound) wrong.push(line);
    if (verbose) console.log(line);
    if (replays) replayed.push(mutation);
  }
  if (replayed.length > 0) {
    for (const [index, outcome] of (await replayAll(replayed)).entries()) {
      const mutation = replayed[index] as Mutation;
      report.replayed(mutation, outcome);
      if (verbose) console.log(`${mutation.seed}: replay: ${outcome.type === 'found' ? outcome.error : outcome.type}`);
    }
  }
  console.log(`\n${String(report)}`);
  for (const line of wrong) console.log(`\nNOT FOUND, NOT NAMED, OR NOT BY THE HISTORY ALONE\n${line}`);
  console.log(`\n${count - wrong.length} held, ${wrong.length} failed`);
  return wrong.length === 0;
}

/** Processes that replay at once. */
const REPLAYING = 2;

async function replayAll(replayed: readonly Mutation[]): Promise<readonly ReplayOutcome[]> {
  const directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-soak-'));
  try {
    const bundle = join(directory, 'workflows.js');
    await writeFile(bundle, (await bundleOf(require.resolve('../../test/support/workflows'))).code);
    const histories = replayed.map(({ run, execution, histories }) => ({
      runId: run.runId,
      history: histories[execution],
    }));
    const size = Math.ceil(histories.length / REPLAYING);
    const parts = Array.from({ length: REPLAYING }, (_, part) => histories.slice(part * size, (part + 1) * size));
    return (await Promise.all(parts.map((part) => replayByTemporal(bundle, part)))).flat();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
