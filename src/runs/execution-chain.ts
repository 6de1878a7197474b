/** The executions of a run's chain, first to last, as continue-as-new joined them. */
import type { Client } from '@temporalio/client';
import { KernelError, type RunId } from '../kernel';
import { ServerHistorySource, type HistoryEvent } from '../mirror';
import { isGone, runNotFound } from './request-failure';

/** The execution that a run is in now. @throws KernelError `RunNotFound` */
export async function currentExecution(client: Client, runId: RunId): Promise<string> {
  try {
    return (await client.workflow.getHandle(runId).describe()).runId;
  } catch (error) {
    throw isGone(error) ? runNotFound(runId, error) : error;
  }
}

/**
 * The ids of a run's executions.
 *
 * @throws KernelError `RunNotFound`; `HistoryMismatch` when the run was reset
 */
export async function executionsOf(client: Client, runId: RunId): Promise<readonly string[]> {
  const executions: string[] = [];
  let next: string | null = await new ServerHistorySource(client).firstExecution(runId);
  while (next !== null) {
    executions.push(next);
    next = successorOf(await closingEvent(client, runId, next));
  }
  const last = executions.at(-1) ?? '';
  const { status } = await client.workflow.getHandle(runId, last).describe();
  // A reset terminates an execution and starts another that no event of the old one names.
  if (status.name === 'TERMINATED' && (await currentExecution(client, runId)) !== last) throw wasReset(runId);
  return executions;
}

function wasReset(runId: RunId): KernelError {
  return new KernelError('HistoryMismatch', `run ${runId} was reset: its log is not one line any more`);
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
