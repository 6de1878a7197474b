/** An agent that keeps notes, over and over: what long conversations are made of. */
import { z } from 'zod';
import { stepCountIs, toolLoop } from '../../src/agents';
import { tool } from '../../src/kernel';

/** How often a chatter may be answered. */
export const STEPS_MAX = 100_000;

export const chatter = toolLoop({
  name: 'chatter',
  model: 'main',
  instructions: 'Keep notes until you have enough of them.',
  tools: {
    note: tool({
      description: 'Keeps a note.',
      input: z.object({ text: z.string() }),
      output: z.string(),
      run: ({ text }) => `noted: ${text}`,
    }),
  },
  stopWhen: stepCountIs(STEPS_MAX),
});
