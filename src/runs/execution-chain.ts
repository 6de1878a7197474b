/** The executions that a run went through, first to last. */
import type { Client } from '@temporalio/client';
import type { RunId } from '../kernel';
import { pathTo, ServerHistorySource } from '../mirror';

/**
 * The ids of a run's executions, up to the one that it is in now.
 *
 * @throws KernelError `RunNotFound`
 */
export async function executionsOf(client: Client, runId: RunId): Promise<readonly string[]> {
  const source = new ServerHistorySource(client);
  return (await pathTo(source, runId, await source.currentExecution(runId))).executions;
}
