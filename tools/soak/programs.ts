/** `npm run soak -- programs`: random programs on a real server, in any number; or one of them again, alone. */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { randomProgram } from '../../test/runs/random-programs';
import { ProgramStage, type Batch, type Played } from '../../test/runs/random-programs-batch';
import { failureOf, reportOf } from '../../test/runs/random-programs-report';
import { wholeNumber, type Soak } from './soak';
import { inTestSurroundings } from './test-surroundings';

/** Programs of one batch: so many runs are kept in memory until they are checked. */
const BATCH_PROGRAMS = 100;

const USAGE = `npm run soak -- programs [--count N] [--seed S] [--from NUMBER] [--shrink]

Plays random programs on a real server while answers, signals, cancels and restarts arrive, and compares the three logs of
each of their runs: the workflow's own, the mirrored, the replayed.

  --count N      how many; 1,000 unless given
  --seed S       gives the same programs again; the time unless given
  --from NUMBER  the number of the first one; 0 unless given. --seed S --from NUMBER --count 1 is one program alone
  --shrink       looks for the smallest program that fails like the first one that does, one after the other

One line for each hundred, and a line in sum.`;

export const programs: Soak = {
  name: 'programs',
  summary: 'random programs on a real server: the three logs of each of their runs are equal',
  usage: USAGE,
  run: async (args) => {
    const { shrink, ...batch } = optionsOf(args);
    console.log(`seed ${batch.seed}`);
    return await inTestSurroundings(() => (shrink ? shrinkFirst(batch) : playAll(batch)));
  },
};

async function playAll({ seed, from, count }: Batch): Promise<boolean> {
  const sum: Played = { programs: 0, runs: 0, events: 0, executions: 0, ends: new Map(), failed: [] };
  for (let done = 0; done < count; done += BATCH_PROGRAMS) {
    const batch = { seed, from: from + done, count: Math.min(BATCH_PROGRAMS, count - done) };
    await onStage(async (stage) => {
      const played = await stage.play(batch);
      // Before the stage is closed: where its worker was given up, that fails.
      console.log(reportOf(played));
      add(sum, played);
    });
  }
  console.log(`in sum: ${reportOf({ ...sum, failed: [] })}`);
  console.log(`${sum.programs - sum.failed.length} held, ${sum.failed.length} failed`);
  return sum.failed.length === 0;
}

/** Each batch has a stage of its own, so that a stage's memory need not hold every run of a long soak. */
async function onStage<T>(play: (stage: ProgramStage) => Promise<T>): Promise<T> {
  const stage = await ProgramStage.open();
  try {
    return await play(stage);
  } finally {
    await stage.close();
  }
}

/** Shrinking on a real server is slow: it is done for whoever asks for it. */
async function shrinkFirst({ seed, from, count }: Batch): Promise<boolean> {
  const property = fc.asyncProperty(randomProgram, async (program) => {
    const { failed } = await onStage((stage) => stage.playThese([program], { seed, from }));
    if (failed[0] !== undefined) throw new Error(failureOf(failed[0]));
  });
  const { failed, counterexample, errorInstance, numShrinks } = await fc.check(property, {
    seed,
    path: String(from),
    numRuns: count,
  });
  if (!failed) return true;
  console.log(`after ${numShrinks} steps: ${JSON.stringify(counterexample?.[0])}`);
  console.log(errorInstance instanceof Error ? errorInstance.message : String(errorInstance));
  return false;
}

function add(sum: Played, played: Played): void {
  sum.programs += played.programs;
  sum.runs += played.runs;
  sum.events += played.events;
  sum.executions += played.executions;
  for (const [end, count] of played.ends) sum.ends.set(end, (sum.ends.get(end) ?? 0) + count);
  sum.failed.push(...played.failed);
}

function optionsOf(args: readonly string[]): Batch & { readonly shrink: boolean } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '1000' },
      seed: { type: 'string', default: String(Date.now()) },
      from: { type: 'string', default: '0' },
      shrink: { type: 'boolean', default: false },
    },
  });
  return {
    count: wholeNumber('count', values.count, 1),
    seed: wholeNumber('seed', values.seed, Number.MIN_SAFE_INTEGER),
    from: wholeNumber('from', values.from, 0),
    shrink: values.shrink,
  };
}
