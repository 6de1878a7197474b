import { z } from 'zod';
import { toolLoop } from '../../src/agents';
import { tool } from '../../src/kernel';

const forecast = tool({
  description: 'The forecast for a place.',
  input: z.object({ place: z.string(), day: z.enum(['today', 'tomorrow']) }),
  output: z.object({ sky: z.string(), celsius: z.number() }),
  run: ({ place }) => ({ sky: 'rain', celsius: place.length }),
});

/** Says what to wear. */
export const weather = toolLoop({
  name: 'weather',
  model: 'main',
  instructions: 'Say what to wear, in one sentence. Look at the forecast first.',
  tools: { forecast },
  budget: { tokens: 50_000, then: 'ask' },
});
