/**
 * Refunds an order: looks up the price, asks how to pay, and pays. Before money moves, two people of finance must approve, and the one who
 * started the run is none of them. While it is under way it takes notes.
 */
import { z } from 'zod';
import {
  allowAll,
  callTool,
  choice,
  complete,
  decisionOf,
  defineProgram,
  steeringOf,
  tool,
  withApproval,
} from '../../src/kernel';

const State = z.object({
  order: z.string(),
  price: z.number().nullable().default(null),
  way: z.string().nullable().default(null),
  outcome: z.string().nullable().default(null),
  notes: z.array(z.string()).default([]),
});

const price = tool({ input: z.string(), output: z.number(), run: (order) => order.length * 40 });
const pay = tool({
  input: z.object({ amount: z.number().positive(), way: z.string() }),
  output: z.string(),
  run: ({ amount, way }) => `paid ${amount} by ${way}`,
});

export const payout = defineProgram({
  name: 'payout',
  description: 'Refunds an order.',
  state: State,
  tools: { price, pay },
  steering: z.string(),
  // A refund that people deny is an outcome, and no reason to fail.
  onActionFailed: 'continue',
  policy: withApproval(allowAll(), {
    tools: {
      pay: {
        reason: 'it is money',
        rules: { who: { roles: ['finance'] }, votes: 2, notTheStarter: true },
      },
    },
  }),
  step({ order, price: amount, way, outcome }) {
    if (amount === null) return callTool('price', order);
    if (way === null) return choice(`How is ${amount} for ${order} to be paid?`, ['bank', 'voucher']);
    if (outcome === null) return callTool('pay', { amount, way });
    return complete();
  },
  reduce(state, event) {
    const note = steeringOf(event);
    if (note !== null) return { ...state, notes: [...state.notes, note.message as string] };
    const decision = decisionOf(event);
    if (decision !== null) return { ...state, way: decision.value as string };
    if (event.type === 'ActionFailed') return { ...state, outcome: event.error };
    if (event.type !== 'ActionSucceeded') return state;
    return state.price === null
      ? { ...state, price: Number(event.output) }
      : { ...state, outcome: event.output as string };
  },
});
