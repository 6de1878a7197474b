/** Temporal's errors in the kernel's words. */
import { QueryNotRegisteredError, ServiceError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { KernelError, messageOf, type KernelErrorCode, type RunId } from '../kernel';
import { isNotFound } from '../mirror';

/** The refusals that a workflow answers an update with: their failure type is the code. */
const REFUSALS: ReadonlySet<string> = new Set<KernelErrorCode>([
  'AlreadyPaused',
  'AlreadyTaken',
  'AlreadyVoted',
  'InvalidAnswer',
  'InvalidSteering',
  'InterruptNotPending',
  'NotAuthorized',
  'NotPaused',
  'NotSteerable',
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
  return error instanceof WorkflowNotFoundError || isNotFound(error);
}

/**
 * gRPC status codes of a query that no worker answered: cancelled (by the server, when the worker that it waited for went away),
 * deadline exceeded, task in failed state, unavailable.
 */
const UNANSWERED: ReadonlySet<unknown> = new Set([1, 4, 9, 14]);

/** Whether a query failed because no worker could answer it. */
export function isUnanswered(error: unknown): boolean {
  return UNANSWERED.has(grpcCodeOf(error));
}

/** Whether a query failed in the program: the server says the same of a query that no workflow knows, and ours know all that are asked. */
export function isFailedInProgram(error: unknown): boolean {
  return error instanceof QueryNotRegisteredError;
}

/** gRPC status code of an update over which the workflow task fails: failed precondition. */
const NOT_TAKEN = 9;

/** Whether an update was dropped because the program fails over it. */
export function isNotTaken(error: unknown): boolean {
  return grpcCodeOf(error) === NOT_TAKEN;
}

/** @param failure what failed in the program */
export function programBroken(runId: RunId, failure: unknown): KernelError {
  return new KernelError(
    'ProgramBroken',
    `run ${runId} can't go on: ${messageOf(failure)}. Nothing is lost: fix the program, start a worker with it, and the run goes on`,
    { cause: failure },
  );
}

/** @param failure what failed in the program */
export function answerNotTaken(runId: RunId, failure: unknown): KernelError {
  return new KernelError(
    'ProgramBroken',
    `run ${runId} can't take the answer: ${messageOf(failure)}. Nothing is lost: fix the program, start a worker with it, and ` +
      'answer again',
    { cause: failure },
  );
}

export function workerUnavailable(runId: RunId, cause: unknown): KernelError {
  return new KernelError(
    'WorkerUnavailable',
    `no worker answered for run ${runId}: is one running on its task queue, with its program, and does the program work?`,
    { cause },
  );
}

export function runFinished(runId: RunId, cause: unknown): KernelError {
  return new KernelError('RunFinished', `run ${runId} has ended: it takes no more input`, { cause });
}

function grpcCodeOf(error: unknown): unknown {
  const cause: unknown = error instanceof ServiceError ? error.cause : error;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
}
