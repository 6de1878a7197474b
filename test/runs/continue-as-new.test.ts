/** One run over many executions, with signals arriving all the while. Four hundred boundaries: `npm run soak -- continue-as-new`. */
import { march, marchText } from './continue-as-new-march';

const BOUNDARIES = 5;

test(`given a run that crosses ${BOUNDARIES} boundaries while signals arrive, then it is one chain and no signal is lost`, async () => {
  const came = await march(BOUNDARIES);

  process.stderr.write(`${marchText(came)}\n`);
  expect(came.boundaries).toBeGreaterThanOrEqual(BOUNDARIES);
}, 300_000);
