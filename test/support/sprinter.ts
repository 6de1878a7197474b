/** The sprinter: a player whose tools are short where they can be, and so run in bursts. */
import { z } from 'zod';
import { childRun, rateLimited, tool, transient, type AnyTool } from '../../src/kernel';
import { passGate } from './gates';
import { definePlayer, journeyman, novice, playerTools } from './player';

const short = (definition: AnyTool): AnyTool => ({ ...definition, short: true });

const { echo, flaky, unsteady, failing, wrong, limited, unwritable, late, talkative, forbidden } = playerTools;

export const sprinter = definePlayer('sprinter', {
  ...playerTools,
  echo: short(echo),
  flaky: short(flaky),
  unsteady: short(unsteady),
  failing: short(failing),
  wrong: short(wrong),
  limited: short(limited),
  unwritable: short(unwritable),
  late: short(late),
  talkative: short(talkative),
  forbidden: short(forbidden),
  /** Reads only. */
  peek: tool({ input: z.json(), output: z.json(), short: 'repeatable', run: (input) => input }),
  /** Waits at a gate that the test opens. */
  gated: tool({
    input: z.string(),
    output: z.null(),
    short: true,
    timeoutMs: 5_000,
    run: async (gate) => {
      await passGate(gate);
      return null;
    },
  }),
  /** Is busy so often, and says when to come again: later than a burst waits. */
  busy: tool({
    input: z.object({ times: z.number() }),
    output: z.object({ attempt: z.number() }),
    short: true,
    run: ({ times }, { attempt }) => {
      if (attempt <= times) throw rateLimited('busy', 1_200);
      return { attempt };
    },
  }),
  /** Says which attempt it was, and fails before it. */
  shaky: tool({
    input: z.object({ failures: z.number() }),
    output: z.object({ attempt: z.number() }),
    short: 'repeatable',
    run: ({ failures }, { attempt }) => {
      if (attempt <= failures) throw transient(`attempt ${attempt} fails`);
      return { attempt };
    },
  }),
  novice: childRun(novice),
  journeyman: childRun(journeyman),
});
