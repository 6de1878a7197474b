/** `npm run soak -- errands`: random errands that need people, in any number; or one of them again, alone. */
import { parseArgs } from 'node:util';
import {
  ErrandsOffice,
  nothingPlayed,
  type ErrandsBatch,
  type PlayedErrands,
} from '../../test/people/random-errands-office';
import { errandsSummary, errandsText } from '../../test/people/random-errands-report';
import { wholeNumber, type Soak } from './soak';
import { inTestSurroundings } from './test-surroundings';

/** Runs of one batch: so many are kept in memory. */
const BATCH_RUNS = 100;

const USAGE = `npm run soak -- errands [--count N] [--seed S] [--from NUMBER]

Runs random errands that need people on a real server, while people answer, rightly and wrongly, twice, late and all at once,
steer, pause and cancel. Nothing may be done without the approvals that it needs, nothing twice, and the three logs of each run
must be equal: the workflow's own, the mirrored, the replayed.

  --count N      how many runs; 500 unless given
  --seed S       gives the same errands and the same people again, whose timing may differ; the time unless given
  --from NUMBER  the number of the first one; 0 unless given. --seed S --from NUMBER --count 1 is one run alone

One line for each hundred, and a line in sum.`;

export const errands: Soak = {
  name: 'errands',
  summary: 'random errands with people around them: nothing is done without its approvals, and nothing twice',
  usage: USAGE,
  run: async (args) => {
    const batch = batchOf(args);
    console.log(`seed ${batch.seed}`);
    return await inTestSurroundings(() => playAll(batch));
  },
};

async function playAll({ seed, from, count }: ErrandsBatch): Promise<boolean> {
  const sum = nothingPlayed();
  for (let done = 0; done < count; done += BATCH_RUNS) {
    const office = await ErrandsOffice.open();
    try {
      const played = await office.play({ seed, from: from + done, count: Math.min(BATCH_RUNS, count - done) });
      // Before the office is closed: where its worker was given up, that fails.
      console.log(errandsText(played));
      add(sum, played);
    } finally {
      await office.close();
    }
  }
  console.log(`in sum: ${errandsSummary(sum)}`);
  const failed = new Set(sum.failed.map(({ number }) => number)).size;
  console.log(`${count - failed} held, ${failed} failed`);
  return failed === 0;
}

function add(sum: PlayedErrands, played: PlayedErrands): void {
  sum.runs += played.runs;
  sum.events += played.events;
  sum.said += played.said;
  sum.refused += played.refused;
  for (const [end, count] of played.ends) sum.ends.set(end, (sum.ends.get(end) ?? 0) + count);
  sum.failed.push(...played.failed);
}

function batchOf(args: readonly string[]): ErrandsBatch {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '500' },
      seed: { type: 'string', default: String(Date.now()) },
      from: { type: 'string', default: '0' },
    },
  });
  return {
    count: wholeNumber('count', values.count, 1),
    seed: wholeNumber('seed', values.seed, Number.MIN_SAFE_INTEGER),
    from: wholeNumber('from', values.from, 0),
  };
}
