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

/** What people granted, with one more budget on top: as much again as is named, from what is spent by now. */
export function grantedAgain(
  budget: LoopBudget,
  { granted, spent }: Pick<ToolLoopState, 'granted' | 'spent'>,
): Spending {
  const again = (kind: keyof Spending): number => {
    const limit = budget[kind];
    return limit === undefined ? granted[kind] : Math.max(granted[kind] + limit, spent[kind]);
  };
  return { calls: again('calls'), tokens: again('tokens'), usd: again('usd') };
}

/** Why these are no limits; null when they are. */
export function wrongIn(budget: LoopBudget): string | null {
  const wrong = (['calls', 'tokens', 'usd'] as const).find((kind) => {
    const limit = budget[kind];
    return limit !== undefined && !(Number.isFinite(limit) && limit > 0);
  });
  return wrong === undefined ? null : `a budget of ${String(budget[wrong])} ${wrong} is none: it must be more than 0`;
}
