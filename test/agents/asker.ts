/** An agent whose tool asks a bureau outside: what was done there was really done, whatever becomes of the worker. */
import { z } from 'zod';
import { toolLoop } from '../../src/agents';
import { tool } from '../../src/kernel';

/** The variable that says where the bureau is. */
export const BUREAU_VARIABLE = 'TEST_BUREAU_URL';

export const asker = toolLoop({
  name: 'asker',
  model: 'main',
  instructions: 'Ask the bureau.',
  tools: {
    ask: tool({
      description: 'Asks the bureau.',
      input: z.object({ what: z.string() }),
      output: z.string(),
      run: async ({ what }, { signal }) => {
        const response = await fetch(`${process.env[BUREAU_VARIABLE] ?? ''}/${what}`, { signal });
        return await response.text();
      },
    }),
  },
});
