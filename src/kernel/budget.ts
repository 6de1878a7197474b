/**
 * Budgets: how many tool calls a run may make, and how many tokens its models may use.
 *
 * Source: Oris kernel, `policy::BudgetRules`, which nothing there ever asks for. Here the machine counts from the log what a
 * run has spent, and refuses the action that would go beyond; so a budget holds in every shell, and after every crash.
 */
import type { Action } from './action';
import type { Event, SequencedEvent } from './event';
import { isPlainObject, type Json } from './json';
import type { RunId } from './identity';
import { pendingActionsOf, STEP, waitingAfter, type Waiting } from './waiting';

/** What a run may spend. What is not named has no limit. */
export interface BudgetRules {
  /** `CallTool` actions, counted when they are requested: one that fails has been made too, and so has one that people denied. */
  readonly maxToolCalls?: number;
  /**
   * Tokens of `CallLLM` actions, counted when they end, because nobody knows before. The call that goes beyond ends as it
   * ends; the next one is refused.
   */
  readonly maxLlmTokens?: number;
}

/** What a run has spent. */
export interface Spent {
  readonly toolCalls: number;
  readonly llmTokens: number;
  /** `CallLLM` actions whose output says nothing of tokens: a limit on tokens can't be held any more then. */
  readonly unmeteredLlmCalls: number;
}

/** What a run has spent before its first event. */
export const NOTHING_SPENT: Spent = { toolCalls: 0, llmTokens: 0, unmeteredLlmCalls: 0 };

/**
 * What a run has spent after an event.
 *
 * @param waiting what the run waited for before the event: a result alone does not say whose it is
 */
export function spentAfter(spent: Spent, waiting: Waiting, event: Event): Spent {
  if (event.type === 'ActionRequested') {
    const isToolCall = isPlainObject(event.payload) && Object.hasOwn(event.payload, 'CallTool');
    return isToolCall ? { ...spent, toolCalls: spent.toolCalls + 1 } : spent;
  }
  if (event.type !== 'ActionSucceeded') return spent;
  const ended = pendingActionsOf(waiting).find(({ actionId }) => actionId === event.actionId);
  if (ended?.action.type !== 'CallLLM') return spent;
  const tokens = llmTokensOf(event.output);
  return tokens === null
    ? { ...spent, unmeteredLlmCalls: spent.unmeteredLlmCalls + 1 }
    : { ...spent, llmTokens: spent.llmTokens + tokens };
}

/** What a log has spent, from its first event on. */
export function spentIn(runId: RunId, events: readonly SequencedEvent[]): Spent {
  let waiting: Waiting = STEP;
  let spent = NOTHING_SPENT;
  for (const sequenced of events) {
    spent = spentAfter(spent, waiting, sequenced.event);
    waiting = waitingAfter(runId, sequenced, waiting);
  }
  return spent;
}

/** Why an action goes beyond a budget, or null when it does not. */
export function overrunOf(rules: BudgetRules, spent: Spent, action: Action): string | null {
  const { maxToolCalls, maxLlmTokens } = rules;
  if (action.type === 'CallTool' && maxToolCalls !== undefined && spent.toolCalls >= maxToolCalls) {
    return `the budget of ${maxToolCalls} tool calls is used up: ${action.tool} is not called`;
  }
  if (action.type !== 'CallLLM' || maxLlmTokens === undefined) return null;
  if (spent.unmeteredLlmCalls > 0) {
    return (
      `the budget of ${maxLlmTokens} LLM tokens can't be held: an output without \`usage\` came back ` +
      `(let the provider return usage.totalTokens); ${action.provider} is not called`
    );
  }
  if (spent.llmTokens < maxLlmTokens) return null;
  return `the budget of ${maxLlmTokens} LLM tokens is used up (${spent.llmTokens} spent): ${action.provider} is not called`;
}

/** Names that providers give to what a call used in all, and to its parts. */
const TOTALS = ['totalTokens', 'total_tokens'] as const;
const PARTS = [
  ['inputTokens', 'outputTokens'],
  ['input_tokens', 'output_tokens'],
  ['prompt_tokens', 'completion_tokens'],
] as const;

/** The tokens that a `CallLLM` output's `usage` speaks of: its total, or else the sum of its parts; null when it has none. */
export function llmTokensOf(output: Json): number | null {
  const usage = memberOf(output, 'usage');
  for (const name of TOTALS) {
    const total = countOf(usage, name);
    if (total !== null) return total;
  }
  for (const [into, outOf] of PARTS) {
    const [read, written] = [countOf(usage, into), countOf(usage, outOf)];
    if (read !== null && written !== null) return read + written;
  }
  return null;
}

function memberOf(value: Json | undefined, key: string): Json | undefined {
  return isPlainObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function countOf(value: Json | undefined, key: string): number | null {
  const count = memberOf(value, key);
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
}
