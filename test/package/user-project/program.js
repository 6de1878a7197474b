/** A user's program in JavaScript: counts the words of a file, and asks whether to publish them. */
import { readFileSync } from 'node:fs';
import { callTool, complete, defineProgram, interrupt, tool } from 'temporal-kernel/kernel';
import { z } from 'zod';

const State = z.object({
  path: z.string(),
  words: z.int().nullable().default(null),
  answer: z.enum(['publish', 'discard']).nullable().default(null),
});

const countWords = tool({
  input: z.object({ path: z.string() }),
  output: z.object({ words: z.int() }),
  run: ({ path }) => ({ words: readFileSync(path, 'utf8').trim().split(/\s+/).length }),
});

export const wordCounter = defineProgram({
  name: 'wordCounter',
  state: State,
  tools: { countWords },
  interrupts: { asks: z.object({ words: z.int() }), answers: z.enum(['publish', 'discard']) },
  step: ({ path, words, answer }) => {
    if (words === null) return callTool('countWords', { path });
    if (answer === null) return interrupt({ words });
    return complete();
  },
  reduce: (state, event) => {
    if (event.type === 'ActionSucceeded') return { ...state, words: event.output.words };
    if (event.type === 'Resumed') return { ...state, answer: event.value };
    return state;
  },
});
