/** Temporal's errors in the kernel's words. */
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { KernelError, type KernelErrorCode, type RunId } from '../kernel';

/** The refusals that a workflow answers an update with: their failure type is the code. */
const REFUSALS: ReadonlySet<string> = new Set<KernelErrorCode>([
  'InvalidAnswer',
  'InterruptNotPending',
  'RunFinished',
  'TooManyUnread',
]);

/** What a refused or failed update means; an error that is no refusal is given back as it is. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof WorkflowUpdateFailedError)) return error;
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure) || !REFUSALS.has(cause.type ?? '')) return error;
  // The message went through the workflow with the prefix of its variant left out, so it gets it here again.
  return new KernelError(cause.type as KernelErrorCode, cause.message, { cause: error });
}

/** Whether an error says that a run is unknown, or has ended. */
export function isGone(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError;
}

export function runNotFound(runId: RunId, cause: unknown): KernelError {
  return new KernelError('RunNotFound', `no run ${runId} on the server`, { cause });
}

export function runFinished(runId: RunId, cause: unknown): KernelError {
  return new KernelError('RunFinished', `run ${runId} has ended: it takes no more input`, { cause });
}
