/** The executions of a run's chain, first to last, as continue-as-new joined them. */
import type { Client } from '@temporalio/client';
import type { RunId } from '../kernel';
import { ServerHistorySource, type HistoryEvent } from '../mirror';

/**
 * The ids of a run's executions.
 *
 * @throws KernelError `RunNotFound`
 */
export async function executionsOf(client: Client, runId: RunId): Promise<readonly string[]> {
  const executions: string[] = [];
  let next: string | null = await new ServerHistorySource(client).firstExecution(runId);
  while (next !== null) {
    executions.push(next);
    next = successorOf(await closingEvent(client, runId, next));
  }
  return executions;
}

async function closingEvent(client: Client, runId: RunId, executionId: string): Promise<HistoryEvent | undefined> {
  const { status } = await client.workflow.getHandle(runId, executionId).describe();
  if (status.name !== 'CONTINUED_AS_NEW') return undefined;
  const { workflowService, options } = client.workflow;
  const { history } = await workflowService.getWorkflowExecutionHistoryReverse({
    namespace: options.namespace,
    execution: { workflowId: runId, runId: executionId },
    maximumPageSize: 1,
  });
  return history?.events?.[0];
}

function successorOf(event: HistoryEvent | undefined): string | null {
  return event?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? null;
}
