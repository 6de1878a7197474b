/** Workers that are killed in the middle of bursts. A larger dose: `npm run soak -- bursts`. */
import { burstKills, burstsKilledText, type BurstDose } from './burst-kills';

const DOSE: BurstDose = { seed: 10, atOnce: 3, kills: 3 };

test(`given runs in bursts, when ${DOSE.kills} workers are killed, then no acknowledged call is done again, and each run comes to what its twin comes to`, async () => {
  const killed = await burstKills(DOSE);

  process.stderr.write(`${burstsKilledText(DOSE, killed)}\n`);
  expect(killed.runs).toBeGreaterThanOrEqual(DOSE.atOnce);
  expect(killed.acknowledged).toBeGreaterThan(0);
}, 300_000);
