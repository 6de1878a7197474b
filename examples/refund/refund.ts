import { z } from 'zod';
import { callTool, complete, defineProgram, interrupt, tool } from '../../src/kernel';

const State = z.object({
  order: z.string(),
  amount: z.number().nullable().default(null),
  approved: z.boolean().nullable().default(null),
  paid: z.boolean().default(false),
});

const price = tool({ input: z.string(), output: z.number(), run: (order) => order.length * 10 });
const pay = tool({ input: z.number(), output: z.boolean(), run: () => true });

/** Refunds an order; more than 50 needs a person. */
export const refund = defineProgram({
  name: 'refund',
  state: State,
  tools: { price, pay },
  interrupts: { asks: z.string(), answers: z.boolean() },
  step({ order, amount, approved, paid }) {
    if (amount === null) return callTool('price', order);
    if (amount > 50 && approved === null) return interrupt(`Refund ${amount} for ${order}?`);
    if (paid || approved === false) return complete();
    return callTool('pay', amount);
  },
  reduce(state, event) {
    if (event.type === 'Resumed') return { ...state, approved: event.value === true };
    if (event.type !== 'ActionSucceeded') return state;
    return state.amount === null ? { ...state, amount: Number(event.output) } : { ...state, paid: true };
  },
});
