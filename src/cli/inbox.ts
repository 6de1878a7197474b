/**
 * The inbox: the runs that wait for somebody, and what they ask. Their histories say so, and no worker is needed for it.
 */
import { isKernelError, messageOf, type RunId } from '../kernel';
import type { ListedRun } from './run-listing';
import { askedAtMs } from './asked-at';
import { RunReader, type Reading } from './run-reader';
import { standingOf, type Asks } from './standing';

/** What a blocked run asks, and since when. */
export interface Waiting {
  readonly asks: Asks;
  readonly sinceMs: number;
}

/** A run whose history can't be folded here. */
export interface Unreadable {
  readonly runId: RunId;
  readonly reason: string;
}

/** What a listed run asks; null when it asks nothing. */
export async function waitingOf(
  reading: Reading,
  { runId, executionId, status }: ListedRun,
): Promise<Waiting | Unreadable | null> {
  if (status !== 'running') return null;
  try {
    const options = { ...reading.options, execution: executionId };
    const opened = await new RunReader({ ...reading, options }).open(runId);
    const { asks } = standingOf(opened.run, opened.program);
    if (asks === null) return null;
    return { asks, sinceMs: await askedAtMs(opened, asks) };
  } catch (error) {
    if (!isKernelError(error)) throw error;
    return { runId, reason: messageOf(error) };
  }
}
