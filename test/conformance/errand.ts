/** A program whose errands outlive the workers that run them. What its tools do is written into a ledger, a line an attempt. */
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import {
  allowAll,
  callTool,
  complete,
  defineProgram,
  interrupt,
  retryWithBackoff,
  tool,
  transient,
  type ToolContext,
} from '../../src/kernel';

const Ledger = z.object({ ledger: z.string() });

function note({ ledger }: z.infer<typeof Ledger>, name: string, { actionId, attempt }: ToolContext): void {
  appendFileSync(ledger, `${name} ${actionId} ${attempt}\n`);
}

/** Waits for what never comes: the worker dies first. */
const NEVER = new Promise<never>(() => undefined);

export const errandTools = {
  /** Pays once for each action id, and loses its worker before it can say so. */
  pay: tool({
    input: Ledger,
    output: z.object({ paid: z.enum(['now', 'before']) }),
    heartbeatTimeoutMs: 1_000,
    run: async (input, context) => {
      note(input, 'pay', context);
      const receipt = `${input.ledger}.${context.actionId}`;
      if (existsSync(receipt)) return { paid: 'before' as const };
      writeFileSync(receipt, '', { flag: 'wx' });
      return await NEVER;
    },
  }),
  /** Nobody opens. */
  knock: tool({
    input: Ledger,
    output: z.null(),
    run: (input, context) => {
      note(input, 'knock', context);
      throw transient('nobody opens');
    },
  }),
};

/** Long enough for a worker to be killed in it. */
export const BACKOFF_MS = 2_000;

export const errand = defineProgram({
  name: 'errand',
  state: z.object({
    ledger: z.string(),
    does: z.enum(['pay', 'knock', 'ask']),
    results: z.array(z.unknown()).default([]),
  }),
  tools: errandTools,
  policy: retryWithBackoff(allowAll(), { maxRetries: 2, backoffBaseMs: BACKOFF_MS, backoffCapMs: BACKOFF_MS }),
  step: ({ does, ledger, results }) => {
    if (results.length > 0) return complete();
    return does === 'ask' ? interrupt('go on?') : callTool(does, { ledger });
  },
  reduce: (state, event) => {
    if (event.type === 'ActionSucceeded') return { ...state, results: [...state.results, event.output] };
    return event.type === 'Resumed' ? { ...state, results: [...state.results, event.value] } : state;
  },
});
