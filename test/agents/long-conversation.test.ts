/** A long conversation costs what its messages cost. A thousand calls: `npm run soak -- conversation`. */
import { conversationText, longConversation, spreadOf } from './long-conversation';

const CALLS = 100;

test(`given a conversation of ${CALLS} model calls, then each costs as much history as the other, across continue-as-new`, async () => {
  const came = await longConversation(CALLS, { continueAfterEvents: 350 });

  process.stderr.write(`${conversationText(came)}\n`);
  expect(came).toMatchObject({ calls: CALLS, messages: 2 * CALLS, illegal: 0, isVerified: true });
  expect(came.executions).toBeGreaterThan(2);
  expect(came.bytesPerCall).toHaveLength(2);
  expect(spreadOf(came)).toBeLessThan(1.1);
}, 300_000);
