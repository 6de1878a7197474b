/**
 * What a model call used that failed for good. A log has nothing of a failure but its text, so that is where the worker says it, and where a
 * loop's budget reads it.
 */
import type { Usage } from './model-call';

/** Of a failure that the worker tells, the end of its text. A provider can end its words so too: it says what a call used in any case. */
const NOTE = /^Executor: .* \[used (\d{1,15}) tokens(?:, \$(\d{1,15}(?:\.\d{1,9})?))?\]$/s;

/** A failure's text with what was used at its end. */
export function failureWithUsage(text: string, { totalTokens, costUsd }: Usage): string {
  return `${text} [used ${totalTokens} tokens${costUsd === null ? '' : `, $${plain(costUsd)}`}]`;
}

/** What a failed call used, as its failure in the log says; null where that says nothing. */
export function usageInFailure(error: string): Pick<Usage, 'totalTokens' | 'costUsd'> | null {
  const [, tokens, usd] = NOTE.exec(error) ?? [];
  if (tokens === undefined) return null;
  return { totalTokens: Number(tokens), costUsd: usd === undefined ? null : Number(usd) };
}

/** Never with an exponent, and without zeros at its end. */
function plain(usd: number): string {
  return usd.toFixed(9).replace(/\.?0+$/, '');
}
