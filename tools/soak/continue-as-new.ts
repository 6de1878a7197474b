/** `npm run soak -- continue-as-new`: one run over many executions, with signals arriving all the while. */
import { parseArgs } from 'node:util';
import { march, marchText } from '../../test/runs/continue-as-new-march';
import { wholeNumber, type Soak } from './soak';
import { inTestSurroundings } from './test-surroundings';

const BOUNDARIES = 400;

/** Boundaries between two lines of progress. */
const PROGRESS_EVERY = 50;

const USAGE = `npm run soak -- continue-as-new [--boundaries N]

One run on a server that suggests to continue as new after sixty events, with signals arriving all the while. At its end there
must be one chain of executions, one log without a gap, every signal in it once and in order, and three equal logs.

  --boundaries N  how often the run continues as new, at least; ${BOUNDARIES} unless given`;

export const continueAsNew: Soak = {
  name: 'continue-as-new',
  summary: 'one run over many executions while signals arrive: one chain, and no signal is lost',
  usage: USAGE,
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: { boundaries: { type: 'string', default: String(BOUNDARIES) } },
    });
    const boundaries = wholeNumber('boundaries', values.boundaries, 1);
    let said = 0;
    const progress = (crossed: number): void => {
      if (crossed < said + PROGRESS_EVERY) return;
      said = crossed;
      console.log(`${crossed} boundaries`);
    };
    console.log(marchText(await inTestSurroundings(() => march(boundaries, progress))));
    return true;
  },
};
