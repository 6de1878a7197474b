/** The program whose histories are mirrored: it calls a tool a number of times, asks whether to go on, and does it again. */
import { z } from 'zod';
import { callTool, complete, defineProgram, interrupt, tool } from '../../src/kernel';

const State = z.object({
  /** Calls before it asks. */
  calls: z.number(),
  done: z.number().default(0),
  asked: z.boolean().default(false),
});

export const ticker = defineProgram({
  name: 'ticker',
  state: State,
  tools: { tick: tool({ input: z.number(), output: z.number(), run: (n) => n + 1 }) },
  /** How many calls it makes before it asks again; 0 ends it. */
  interrupts: { asks: z.string(), answers: z.number() },
  step: ({ calls, done, asked }) => {
    if (done < calls) return callTool('tick', done);
    return asked ? complete() : interrupt('how many more?');
  },
  reduce: (state, event) => {
    switch (event.type) {
      case 'ActionSucceeded':
        return { ...state, done: state.done + 1 };
      case 'Resumed':
        return { ...state, calls: state.calls + Number(event.value), asked: event.value === 0 };
      default:
        return state;
    }
  },
});
