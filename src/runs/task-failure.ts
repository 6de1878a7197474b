/** Why a run's workflow task failed last, as its history tells. */
import type { Client } from '@temporalio/client';
import type { RunId } from '../kernel';
import { EventType, HistoryDecoder } from '../mirror';

/** A task that failed just now is among the last events. */
const EVENTS_LOOKED_AT = 20;

/** The failure; null when none of the last events is one. */
export async function lastTaskFailure(client: Client, runId: RunId): Promise<Error | null> {
  const { workflowService, options } = client.workflow;
  const { history } = await workflowService.getWorkflowExecutionHistoryReverse({
    namespace: options.namespace,
    execution: { workflowId: runId },
    maximumPageSize: EVENTS_LOOKED_AT,
  });
  const failed = history?.events?.find(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED);
  if (failed === undefined) return null;
  const decoder = new HistoryDecoder(client.options.loadedDataConverter);
  return await decoder.failure(failed.workflowTaskFailedEventAttributes?.failure);
}
