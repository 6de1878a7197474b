/** What calls of language models say of themselves in their outputs. Providers have several names for the same; these are read. */
import { llmTokensOf, type Json } from '../../kernel';
import { countIn, memberOf, textIn } from './member';
import type { LlmUsageRecord } from './usage-record';

/** A call of a language model that came back. */
export interface LlmCall {
  readonly provider: string;
  readonly output: Json;
  readonly durationMs: number;
}

/** What calls used together; null for no calls. */
export function usageOfCalls(calls: readonly LlmCall[]): LlmUsageRecord | null {
  if (calls.length === 0) return null;
  const sum = (of: (output: Json) => number): number => calls.reduce((total, { output }) => total + of(output), 0);
  return {
    input_tokens: sum((output) => tokensIn(output, ['inputTokens', 'input_tokens', 'prompt_tokens'])),
    output_tokens: sum((output) => tokensIn(output, ['outputTokens', 'output_tokens', 'completion_tokens'])),
    total_duration_ms: calls.reduce((total, { durationMs }) => total + durationMs, 0),
    call_count: calls.length,
    total_cost: sum(costIn),
    models: [...new Set(calls.map(({ provider, output }) => textIn(output, 'model') ?? provider))],
    // Some providers say nothing but the sum.
    total_tokens: sum((output) => llmTokensOf(output) ?? 0),
  };
}

function tokensIn(output: Json, names: readonly string[]): number {
  const usage = memberOf(output, 'usage');
  return names.map((name) => countIn(usage, name)).find((count) => count > 0) ?? 0;
}

/** In US dollars. */
function costIn(output: Json): number {
  for (const told of [memberOf(output, 'usage'), output]) {
    for (const name of ['cost_usd', 'costUsd', 'total_cost', 'cost']) {
      const cost = memberOf(told, name);
      if (typeof cost === 'number' && cost >= 0) return cost;
    }
  }
  return 0;
}

/** What a model said to people; null where its output says nothing of the kind. */
export function visibleTextOf(output: Json): string | null {
  if (typeof output === 'string') return output;
  return (
    ['text', 'content', 'message', 'completion'].map((name) => textIn(output, name)).find((text) => text !== null) ??
    null
  );
}
