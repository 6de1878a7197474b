/** A program that asks, and that can't bear an answer. */
import { z } from 'zod';
import { defineProgram, interrupt } from '../../src/kernel';

export const listener = defineProgram({
  name: 'listener',
  state: z.object({ answer: z.string().nullable().default(null) }),
  step: ({ answer }) => {
    if (answer === null) return interrupt('how are you?');
    throw new Error('that hurt');
  },
  reduce: (state, event) => (event.type === 'Resumed' ? { answer: event.value as string } : state),
});
