/** Why a run's workflow task failed last, as its history tells. */
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { RunId } from '../kernel';
import { EventType, HistoryDecoder, type HistoryEvent } from '../mirror';

/** A task that failed just now is among the last events. */
const EVENTS_LOOKED_AT = 20;

const { WorkflowTaskFailedCause } = temporal.api.enums.v1;

/** Task failures that the server retries as a matter of course. */
const ROUTINE_TASK_FAILURES: ReadonlySet<number> = new Set([
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FAILOVER_CLOSE_COMMAND,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
]);

/** Whether a failed workflow task says nothing about the program: something else came in between, and the server tries again. */
export function isRoutine(event: HistoryEvent): boolean {
  return ROUTINE_TASK_FAILURES.has(event.workflowTaskFailedEventAttributes?.cause ?? 0);
}

/** A workflow task that failed. */
export interface TaskFailure {
  readonly failure: Error;
  readonly isRoutine: boolean;
}

/** The last failure; null when none of the last events is one. */
export async function lastTaskFailure(client: Client, runId: RunId): Promise<TaskFailure | null> {
  const { workflowService, options } = client.workflow;
  const { history } = await workflowService.getWorkflowExecutionHistoryReverse({
    namespace: options.namespace,
    execution: { workflowId: runId },
    maximumPageSize: EVENTS_LOOKED_AT,
  });
  const failed = history?.events?.find(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED);
  if (failed === undefined) return null;
  const decoder = new HistoryDecoder(client.options.loadedDataConverter);
  const failure = await decoder.failure(failed.workflowTaskFailedEventAttributes?.failure);
  return { failure, isRoutine: isRoutine(failed) };
}
