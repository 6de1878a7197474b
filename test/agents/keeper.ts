/** An agent with secret tools: what they give back, and how they fail, is for the model alone. */
import { z } from 'zod';
import { toolLoop } from '../../src/agents';
import { permanent, tool } from '../../src/kernel';

/** What the vault keeps, by number; a worker's secret, and in no bundle's reach. */
export const VAULT = new Map<number, string>();

/** Numbers of things that the vault will not give out, and says why too loudly. */
export const LOCKED_FROM = 10;

export const keeper = toolLoop({
  name: 'keeper',
  model: 'main',
  instructions: 'Look into the vault.',
  tools: {
    open: tool({
      description: 'Looks into the vault.',
      input: z.object({ number: z.int() }),
      output: z.object({ found: z.string() }),
      run: ({ number }) => {
        const found = VAULT.get(number) ?? '';
        if (number >= LOCKED_FROM) throw permanent(`the vault is locked: ${found} does not open it`);
        return { found };
      },
    }),
  },
  secrets: ['open'],
});
