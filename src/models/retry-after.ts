/** How long a provider asks to wait, out of the headers of its refusal. */

/** Longer waits are not taken over, in milliseconds: one day. Who means more will refuse again. */
export const RETRY_AFTER_MS_MAX = 86_400_000;

/**
 * Reads `retry-after-ms` (milliseconds) or else `retry-after` (seconds, or an HTTP date). Null where neither says anything.
 *
 * @param nowMs what the date is compared with, in milliseconds since 1970
 */
export function retryAfterMsOf(headers: Readonly<Record<string, string>>, nowMs: number): number | null {
  const ms = numberOf(headers['retry-after-ms']);
  if (ms !== null) return bounded(ms);
  const seconds = numberOf(headers['retry-after']);
  if (seconds !== null) return bounded(seconds * 1_000);
  const date = Date.parse(headers['retry-after'] ?? '');
  return Number.isNaN(date) ? null : bounded(date - nowMs);
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\s*\d{1,15}(?:\.\d{1,9})?\s*$/.test(text) ? Number(text) : null;
}

function bounded(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), RETRY_AFTER_MS_MAX);
}
