/** Our side of the benches that go against hand-written workflows: a program that calls one tool in a loop, and one that only asks. */
import { z } from 'zod';
import { callTool, complete, defineProgram, interrupt, tool } from '../../src/kernel';
import { tick } from './hand-written-activities';

/** Calls `tick` so many times; each call's output is the next one's input. */
export const stepper = defineProgram({
  name: 'stepper',
  state: z.object({ steps: z.number(), done: z.number().default(0) }),
  tools: { tick: tool({ input: z.number(), output: z.number(), run: tick }) },
  step: ({ steps, done }) => (done < steps ? callTool('tick', done) : complete()),
  reduce: (state, event) => (event.type === 'ActionSucceeded' ? { ...state, done: Number(event.output) } : state),
});

/** The same with a tool that is short, so that its calls are done in bursts. */
export const sprinter = defineProgram({
  name: 'sprinter',
  state: z.object({ steps: z.number(), done: z.number().default(0) }),
  tools: { tick: tool({ input: z.number(), output: z.number(), short: true, run: tick }) },
  step: ({ steps, done }) => (done < steps ? callTool('tick', done) : complete()),
  reduce: (state, event) => (event.type === 'ActionSucceeded' ? { ...state, done: Number(event.output) } : state),
});

/** Calls `tick` so many times and then asks for ever: an answer is counted, and leads to the next question. */
export const asker = defineProgram({
  name: 'asker',
  state: z.object({ steps: z.number(), done: z.number().default(0), answers: z.number().default(0) }),
  tools: { tick: tool({ input: z.number(), output: z.number(), run: tick }) },
  interrupts: { asks: z.string(), answers: z.number() },
  step: ({ steps, done, answers }) => (done < steps ? callTool('tick', done) : interrupt(`question ${answers + 1}`)),
  reduce: (state, event) => {
    switch (event.type) {
      case 'ActionSucceeded':
        return { ...state, done: Number(event.output) };
      case 'Resumed':
        return { ...state, answers: state.answers + 1 };
      default:
        return state;
    }
  },
});
