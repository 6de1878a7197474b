/** A model as a worker has it: what calls it, what it costs, and what must not leave the worker. */
import type { LanguageModel } from 'ai';
import type { Usage } from '../agents';

/** What a model costs, in US dollars for a million tokens. */
export interface Prices {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
}

/** A model that a worker offers under a name. */
export interface ModelHost {
  /** An object of the AI SDK, from any provider's package: `anthropic('…')`, `google('…')`. */
  readonly model: Exclude<LanguageModel, string>;
  /** Without them the log says `costUsd: null`. */
  readonly prices?: Prices;
  /** Keys that requests to it carry: no text of a call or of its failures has them. */
  readonly secrets?: readonly string[];
}

/** Tokens as a provider counts them. */
export interface CountedTokens {
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

/** About so many characters are one token, where nobody counts. */
const CHARACTERS_PER_TOKEN = 4;

/** Parts of a dollar that costs are rounded to: a billionth, so that no digit is an accident of binary fractions. */
const DOLLAR_PARTS = 1e9;

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0, costUsd: null };

/**
 * What a call used. Where the provider does not count, a token for every four characters is assumed: a budget that counts nothing would
 * be none.
 */
export function usageOf(
  counted: CountedTokens,
  characters: { readonly input: number; readonly output: number },
  prices: Prices | undefined,
): Usage {
  const inputTokens = countOf(counted.inputTokens) ?? Math.ceil(characters.input / CHARACTERS_PER_TOKEN);
  const outputTokens = countOf(counted.outputTokens) ?? Math.ceil(characters.output / CHARACTERS_PER_TOKEN);
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    costUsd: prices === undefined ? null : costOf(inputTokens, outputTokens, prices),
  };
}

/** Of two attempts together. A cost that nobody knows adds nothing to one that is known. */
export function sumOf(one: Usage, other: Usage): Usage {
  const costs = [one.costUsd, other.costUsd].filter((cost) => cost !== null);
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    totalTokens: one.totalTokens + other.totalTokens,
    costUsd: costs.length === 0 ? null : rounded(costs.reduce((sum, cost) => sum + cost, 0)),
  };
}

function countOf(tokens: number | undefined): number | null {
  return tokens !== undefined && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : null;
}

function costOf(inputTokens: number, outputTokens: number, { inputPerMillion, outputPerMillion }: Prices): number {
  return rounded((inputTokens * inputPerMillion + outputTokens * outputPerMillion) / 1e6);
}

function rounded(usd: number): number {
  return Math.round(usd * DOLLAR_PARTS) / DOLLAR_PARTS;
}
