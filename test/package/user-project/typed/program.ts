/** A user's program in TypeScript: counts the words of a file, and asks whether to publish them. */
import { readFileSync } from 'node:fs';
import { callTool, complete, defineProgram, interrupt, tool } from 'temporal-kernel/kernel';
import { z } from 'zod';

const Answer = z.enum(['publish', 'discard']);
const Count = z.object({ words: z.int() });
const State = z.object({
  path: z.string(),
  words: z.int().nullable().default(null),
  answer: Answer.nullable().default(null),
});

const countWords = tool({
  input: z.object({ path: z.string() }),
  output: Count,
  summary: ({ path }) => `count the words of ${path.toLowerCase()}`,
  run: ({ path }, { signal }) => {
    signal.throwIfAborted();
    return { words: readFileSync(path, 'utf8').trim().split(/\s+/).length };
  },
});

export const wordCounter = defineProgram({
  name: 'wordCounter',
  state: State,
  tools: { countWords },
  interrupts: { asks: Count, answers: Answer },
  step: ({ path, words, answer }) => {
    if (words === null) return callTool('countWords', { path });
    if (answer === null) return interrupt({ words: words.valueOf() });
    return complete();
  },
  reduce: (state, event) => {
    switch (event.type) {
      case 'ActionSucceeded':
        return { ...state, words: Count.parse(event.output).words };
      case 'Resumed':
        return { ...state, answer: Answer.parse(event.value) };
      default:
        return state;
    }
  },
});
