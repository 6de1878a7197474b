/**
 * Runs that never began: started with what is no initial state, or with an id or a tenant that can't be, they failed at once, or ended
 * before a worker had seen them. They have no log, and that is no failure of a mirror.
 */
import { isKernelError, type KernelErrorCode, type RunId } from '../kernel';
import { EventType } from './history-event';
import type { HistorySource } from './history-source';

/** What a run that can't begin fails with; a mirror fails with the same. */
const NEVER_A_RUN: readonly KernelErrorCode[] = [
  'InvalidInitialState',
  'InvalidRunId',
  'InvalidRunOptions',
  'InvalidTenant',
];

/**
 * Whether a mirror failed because the run never began.
 *
 * @throws KernelError `RunNotFound`
 */
export async function neverBegan(
  source: HistorySource,
  runId: RunId,
  executionId: string | null,
  error: unknown,
): Promise<boolean> {
  if (!isKernelError(error) || !NEVER_A_RUN.includes(error.code)) return false;
  let isAnswered = false;
  const id = executionId ?? (await source.currentExecution(runId));
  for await (const event of source.eventsAfter(runId, id, 0)) {
    switch (event.eventType) {
      case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        isAnswered = true;
        break;
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
        return event.workflowExecutionFailedEventAttributes?.failure?.applicationFailureInfo?.type === error.code;
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
        return !isAnswered;
      default:
        break;
    }
  }
  return false;
}
