/** The inbox of a run: what it asks, and what the runs that it has started ask. Bounded. */
import { isKernelError, type RunId } from '../kernel';
import type { PendingInterrupt, StatusReport } from '../protocol';

/** Most runs that one inbox looks into. */
export const INBOX_RUNS_MAX = 1_000;

/** What a run asks, and which run it is. */
export interface InboxItem extends PendingInterrupt {
  readonly runId: RunId;
}

/** How a run is asked. */
export interface InboxQueries {
  status(runId: RunId): Promise<StatusReport>;
  pending(runId: RunId): Promise<PendingInterrupt | null>;
}

/** What a run and its children ask, the run's own question first. */
export async function inboxOf(runId: RunId, queries: InboxQueries): Promise<readonly InboxItem[]> {
  const items: InboxItem[] = [];
  const runs: RunId[] = [runId];
  for (let index = 0; index < runs.length && index < INBOX_RUNS_MAX; index += 1) {
    const current = runs[index] as RunId;
    const standing = await statusOf(current, queries);
    // A child that was asked for may not have started yet; then it asks nothing.
    if (standing === null && index > 0) continue;
    const { status, children } = standing ?? (await queries.status(current));
    runs.push(...children);
    if (status.status !== 'blocked') continue;
    const pending = await queries.pending(current);
    if (pending !== null) items.push({ runId: current, ...pending });
  }
  return items;
}

async function statusOf(runId: RunId, queries: InboxQueries): Promise<StatusReport | null> {
  try {
    return await queries.status(runId);
  } catch (error) {
    if (isKernelError(error, 'RunNotFound') || isKernelError(error, 'RunFinished')) return null;
    throw error;
  }
}

/**
 * The run whose interrupt this is: the run itself, or one that it has started. The id of a child run is that of the action that started it, so
 * it begins with its parent's.
 */
export function ownerOf(runId: RunId, interruptId: string): RunId {
  const owner = interruptId.slice(0, interruptId.lastIndexOf('-'));
  return owner.startsWith(`${runId}-`) ? owner : runId;
}
