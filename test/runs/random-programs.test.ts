/** Random programs, side by side on a real server. Any number of them: `npm run soak -- programs`. */
import { ProgramStage } from './random-programs-batch';
import { failureOf, reportOf } from './random-programs-report';

const COUNT = 100;

let stage: ProgramStage;
beforeAll(async () => {
  stage = await ProgramStage.open();
});
afterAll(() => stage.close());

test(`given ${COUNT} random programs, when the outside does what it likes to them, then the three logs of each of their runs are equal`, async () => {
  const seed = Date.now();

  const played = await stage.play({ seed, from: 0, count: COUNT });

  process.stderr.write(`${reportOf(played)}\n`);
  expect(played.failed.map(failureOf)).toEqual([]);
  expect(played.programs).toBe(COUNT);
}, 600_000);
