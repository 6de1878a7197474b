/** `npm run soak -- bursts`: workers that are killed in the middle of bursts. */
import { parseArgs } from 'node:util';
import { burstKills, burstsKilledText, type BurstDose } from '../../test/chaos/burst-kills';
import { wholeNumber, type Soak } from './soak';
import { inTestSurroundings } from './test-surroundings';

const KILLS = 100;
const AT_ONCE = 8;

const USAGE = `npm run soak -- bursts [--kills N] [--at-once N] [--seed S]

Kills workers with SIGKILL while runs do short calls in bursts. No call may be done again whose result the server had acknowledged, the log
of each run must be the one that its program makes undisturbed, hashes and all, and its three logs must be equal.

  --kills N    workers that are killed; ${KILLS} unless given
  --at-once N  runs that are under way at once; ${AT_ONCE} unless given
  --seed S     kills at the same moments again; the time unless given`;

export const bursts: Soak = {
  name: 'bursts',
  summary: 'workers killed in bursts: nothing that was acknowledged is done again, nothing is lost',
  usage: USAGE,
  run: async (args) => {
    const dose = doseOf(args);
    console.log(`seed ${dose.seed}`);
    console.log(burstsKilledText(dose, await inTestSurroundings(() => burstKills(dose))));
    return true;
  },
};

function doseOf(args: readonly string[]): BurstDose {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: 'string', default: String(KILLS) },
      'at-once': { type: 'string', default: String(AT_ONCE) },
      seed: { type: 'string', default: String(Date.now()) },
    },
  });
  return {
    seed: wholeNumber('seed', values.seed, Number.MIN_SAFE_INTEGER),
    atOnce: wholeNumber('at-once', values['at-once'], 1),
    kills: wholeNumber('kills', values.kills, 0),
  };
}
