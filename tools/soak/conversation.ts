/** `npm run soak -- conversation`: one conversation of many model calls, and what each cost in history. */
import { parseArgs } from 'node:util';
import { conversationText, longConversation, spreadOf } from '../../test/agents/long-conversation';
import { wholeNumber, type Soak } from './soak';
import { inTestSurroundings } from './test-surroundings';

const CALLS = 1_000;

/** Calls between two lines of progress. */
const PROGRESS_EVERY = 100;

/** How far apart the cheapest and the dearest calls may be. */
const SPREAD_MAX = 1.1;

const USAGE = `npm run soak -- conversation [--calls N]

One conversation of an agent with a scripted model behind a real HTTP server. History must cost the same for each call, across
continue-as-new, and the log be one whole chain; the bytes are printed beside those of a history with the whole conversation in every
call.

  --calls N  model calls; ${CALLS} unless given`;

export const conversation: Soak = {
  name: 'conversation',
  summary: 'one conversation of many model calls: each costs as much history as the other',
  usage: USAGE,
  run: async (args) => {
    const { values } = parseArgs({ args: [...args], options: { calls: { type: 'string', default: String(CALLS) } } });
    const calls = wholeNumber('calls', values.calls, 100);
    const progress = (answered: number): void => {
      if (answered > 0 && answered % PROGRESS_EVERY === 0) console.log(`${answered} calls`);
    };
    const came = await inTestSurroundings(() => longConversation(calls, { progress }));
    console.log(conversationText(came));
    const spread = spreadOf(came);
    const isSame = spread <= SPREAD_MAX;
    console.log(`${isSame ? 'holds' : 'FAILS'}  bytes per call are the same within 10 %: ${spread.toFixed(3)}`);
    const isWhole = came.isVerified && came.illegal === 0;
    console.log(
      `${isWhole ? 'holds' : 'FAILS'}  the log is one whole chain, and every conversation that the model saw was legal`,
    );
    return isSame && isWhole;
  },
};
