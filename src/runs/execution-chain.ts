/** The executions of a run's chain, first to last, as continue-as-new joined them. */
import type { Client } from '@temporalio/client';
import type { RunId } from '../kernel';
import { ServerHistorySource, wasReset, type HistoryEvent } from '../mirror';

/**
 * The ids of a run's executions.
 *
 * @throws KernelError `RunNotFound`; `HistoryMismatch` when the run was reset
 */
export async function executionsOf(client: Client, runId: RunId): Promise<readonly string[]> {
  const executions: string[] = [];
  const source = new ServerHistorySource(client);
  let next: string | null = await source.firstExecution(runId);
  while (next !== null) {
    executions.push(next);
    next = successorOf(await closingEvent(client, runId, next));
  }
  const last = executions.at(-1) ?? '';
  const { status } = await client.workflow.getHandle(runId, last).describe();
  if (status.name === 'TERMINATED' && (await source.currentExecution(runId)) !== last) throw wasReset(runId);
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
