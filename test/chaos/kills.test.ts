/** Workers and a server that are killed under running programs. A larger dose: `npm run soak -- kills`. */
import { killedText, kills, type Dose } from './kills';

const DOSE: Dose = { seed: 20, programs: 3, workerKills: 3, serverKills: 1, stages: 2 };

test(`given ${DOSE.programs} running programs, when ${DOSE.workerKills} workers and the server are killed, then each run comes to what its undisturbed twin comes to`, async () => {
  const killed = await kills(DOSE);

  process.stderr.write(`${killedText(DOSE, killed)}\n`);
  expect(killed.runs).toBeGreaterThanOrEqual(DOSE.programs);
}, 300_000);
