/**
 * A pilgrim: goes on until a milestone says that it is the last one. Its state stays small however far it goes, so that a run of it
 * can cross any number of boundaries between executions.
 */
import { z } from 'zod';
import { callTool, complete, defineProgram, tool, waitSignal } from '../../src/kernel';

/** Steps between two milestones. */
const STEPS = 4;

export const pilgrim = defineProgram({
  name: 'pilgrim',
  state: z.object({
    steps: z.number().default(0),
    milestones: z.number().default(0),
    greetings: z.number().default(0),
    arrived: z.boolean().default(false),
  }),
  tools: { walk: tool({ input: z.number(), output: z.number(), run: (step) => step }) },
  /** A greeting is nobody's answer: it resumes the run wherever it is. */
  interrupts: { asks: z.never(), answers: z.number() },
  signals: { milestone: z.object({ number: z.number(), last: z.boolean() }) },
  step: ({ steps, milestones, arrived }) => {
    if (arrived) return complete();
    return steps < STEPS * (milestones + 1) ? callTool('walk', steps + 1) : waitSignal('milestone');
  },
  reduce: (state, event) => {
    if (event.type === 'Resumed') return { ...state, greetings: state.greetings + 1 };
    if (event.type !== 'ActionSucceeded') return state;
    if (typeof event.output === 'number') return { ...state, steps: event.output };
    const { last } = event.output as { readonly last: boolean };
    return { ...state, milestones: state.milestones + 1, arrived: last };
  },
});
