/** A program whose one tool waits at a gate: until a file appears. So a test decides when the tool ends. */
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { allowAll, callTool, complete, defineProgram, retryWithBackoff, tool } from '../../src/kernel';

export const gated = defineProgram({
  name: 'gated',
  state: z.object({ gate: z.string(), passed: z.boolean().default(false) }),
  tools: {
    waitAtGate: tool({
      input: z.object({ gate: z.string() }),
      output: z.null(),
      heartbeatTimeoutMs: 3_000,
      run: async ({ gate }, { signal }) => {
        while (!existsSync(gate)) await pause(20, undefined, { signal });
        return null;
      },
    }),
  },
  policy: retryWithBackoff(allowAll(), { maxRetries: 3, backoffBaseMs: 50 }),
  step: ({ gate, passed }) => (passed ? complete() : callTool('waitAtGate', { gate })),
  reduce: (state, event) => (event.type === 'ActionSucceeded' ? { ...state, passed: true } : state),
});
