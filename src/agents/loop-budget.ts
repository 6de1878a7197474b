/** What a tool loop may spend, and what becomes of it when that is spent. */
import { choice, type AskRules, type Next } from '../kernel';
import type { Spending, ToolLoopState } from './tool-loop-state';

/** What a loop may spend on model calls. What is not named has no limit. */
export interface LoopBudget {
  readonly calls?: number;
  /** Counted when a call ends, because nobody knows before: the call that goes beyond ends as it ends. */
  readonly tokens?: number;
  /** US dollars, as far as the worker knows the prices of its models. */
  readonly usd?: number;
  /** `ask`: people may grant the same again. Default `stop`. */
  readonly then?: 'stop' | 'ask';
  /** Who is asked, and how. */
  readonly rules?: AskRules;
}

/** The answer that grants the budget once more. */
export const GO_ON = 'go on';
/** The answer that ends the loop. */
export const STOP = 'stop';

/** What is spent in words, or null where there is room for another call. */
export function overspent(budget: LoopBudget, { spent, granted }: ToolLoopState): string | null {
  const over = (['calls', 'tokens', 'usd'] as const).find((kind) => {
    const limit = budget[kind];
    return limit !== undefined && spent[kind] >= limit + granted[kind];
  });
  if (over === undefined) return null;
  const limit = (budget[over] ?? 0) + granted[over];
  switch (over) {
    case 'calls':
      return `${limit} model calls`;
    case 'tokens':
      return `${limit} tokens (${spent.tokens} spent)`;
    case 'usd':
      return `$${limit.toFixed(2)} ($${spent.usd.toFixed(4)} spent)`;
  }
}

/** Asks people whether the loop may spend as much again. */
export function askForMore({ rules = {} }: LoopBudget, what: string): Next {
  return choice(`The budget of ${what} is used up. May it be spent once more?`, [GO_ON, STOP], {
    // Nobody who answers is nobody who grants.
    ...(rules.deadlineMs === undefined ? {} : { otherwise: STOP }),
    ...rules,
  });
}

/** What people granted, with one more budget on top. */
export function grantedAgain(budget: LoopBudget, granted: Spending): Spending {
  return {
    calls: granted.calls + (budget.calls ?? 0),
    tokens: granted.tokens + (budget.tokens ?? 0),
    usd: granted.usd + (budget.usd ?? 0),
  };
}
