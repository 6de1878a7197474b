/** An agent for long talks: what is old becomes a summary, and its last words have a form. */
import { z } from 'zod';
import { toolLoop } from '../../src/agents';

export const talkative = toolLoop({
  name: 'talkative',
  model: 'main',
  instructions: 'Talk.',
  conversation: true,
  compaction: { afterTokens: 1_000, keep: 2 },
  output: z.object({ mood: z.enum(['well', 'tired']) }),
});
