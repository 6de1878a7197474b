/** Executions that ended before their first step: the server has nobody who could be asked about them. */
import type { Client } from '@temporalio/client';
import type { RunId } from '../kernel';
import { EventType, ServerHistorySource } from '../mirror';

/**
 * Whether an execution was closed (terminated, or timed out) before a workflow task of it completed.
 *
 * @param executionId the run's current execution unless given
 */
export async function endedUnbegun(client: Client, runId: RunId, executionId?: string): Promise<boolean> {
  const described = await client.workflow.getHandle(runId, executionId).describe();
  if (described.status.name === 'RUNNING') return false;
  for await (const { eventType } of new ServerHistorySource(client).eventsAfter(runId, described.runId, 0)) {
    if (eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED) return false;
  }
  return true;
}
