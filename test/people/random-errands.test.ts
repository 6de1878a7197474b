/**
 * Random errands on a real server, with people who answer wrongly, twice, late, all at once, and who interfere. Any number of them:
 * `npm run soak -- errands`.
 */
import { ErrandsOffice } from './random-errands-office';
import { errandsText, failedErrandsText } from './random-errands-report';

const COUNT = 6;

let office: ErrandsOffice;
beforeAll(async () => {
  office = await ErrandsOffice.open();
});
afterAll(() => office.close());

test(`given ${COUNT} random errands, whatever people do, then nothing is done without its approvals or twice, and the logs are equal`, async () => {
  const seed = Math.floor(Math.random() * 1_000_000);

  const played = await office.play({ seed, from: 0, count: COUNT });

  process.stderr.write(`seed ${seed}: ${errandsText(played)}\n`);
  expect(played.failed.map(failedErrandsText)).toEqual([]);
  expect(played.runs).toBe(COUNT);
}, 600_000);
