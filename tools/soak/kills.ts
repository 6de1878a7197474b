/** `npm run soak -- kills`: workers and a server that are killed under running programs. */
import { parseArgs } from 'node:util';
import { killedText, kills, type Dose } from '../../test/chaos/kills';
import { wholeNumber, type Soak } from './soak';
import { inTestSurroundings } from './test-surroundings';

const PROGRAMS = 10;
const WORKER_KILLS = 25;
const SERVER_KILLS = 5;
const STAGES = 6;

const USAGE = `npm run soak -- kills [--programs N] [--workers N] [--servers N] [--seed S]

Kills workers and the server with SIGKILL while programs run, and compares the log, the hashes, the state and the outcome of
each run with those of a run of the same id that nobody disturbs on another server. The three logs must be equal too.

  --programs N  programs that run; ${PROGRAMS} unless given
  --workers N   workers that are killed; ${WORKER_KILLS} unless given
  --servers N   how often the server is killed; ${SERVER_KILLS} unless given
  --seed S      gives the same programs and the same kills again; the time unless given`;

export const killed: Soak = {
  name: 'kills',
  summary: 'killed workers and servers: each run comes to what its undisturbed twin comes to',
  usage: USAGE,
  run: async (args) => {
    const dose = doseOf(args);
    console.log(`seed ${dose.seed}`);
    console.log(killedText(dose, await inTestSurroundings(() => kills(dose))));
    return true;
  },
};

function doseOf(args: readonly string[]): Dose {
  const { values } = parseArgs({
    args: [...args],
    options: {
      programs: { type: 'string', default: String(PROGRAMS) },
      workers: { type: 'string', default: String(WORKER_KILLS) },
      servers: { type: 'string', default: String(SERVER_KILLS) },
      seed: { type: 'string', default: String(Date.now()) },
    },
  });
  return {
    seed: wholeNumber('seed', values.seed, Number.MIN_SAFE_INTEGER),
    programs: wholeNumber('programs', values.programs, 1),
    workerKills: wholeNumber('workers', values.workers, 0),
    serverKills: wholeNumber('servers', values.servers, 0),
    stages: STAGES,
  };
}
