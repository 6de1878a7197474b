/** When a run asked what it asks. */
import { timeText } from './duration';
import { entryAt, type OpenedRun } from './opened-run';
import type { Asks } from './standing';

/** When it was asked, in milliseconds since 1970: the entry of an interrupt is in its id, and behind a wait for a signal nothing comes. */
export async function askedAtMs(opened: Pick<OpenedRun, 'store' | 'run'>, asks: Asks): Promise<number> {
  const seq = asks.type === 'interrupt' ? Number(asks.interruptId.split('-').at(-1)) : opened.run.head;
  return (await entryAt(opened, seq)).origin.timeMs;
}

/** When an ask is settled without an answer; null for never. */
export function deadlineOf(asks: Asks, sinceMs: number): string | null {
  const deadlineMs = asks.type === 'interrupt' ? (asks.ask?.deadlineMs ?? null) : null;
  return deadlineMs === null ? null : timeText(sinceMs + deadlineMs);
}
