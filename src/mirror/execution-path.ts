/**
 * Which executions a run's log goes through. Continue-as-new joins executions; a reset puts another one in the place of one that
 * was, with a copy of its past; and a workflow id can be used again, for another run.
 */
import { temporal } from '@temporalio/proto';
import { isKernelError, KernelError, type LogStore, type RunBranch, type RunId } from '../kernel';
import { eventIdOf, type HistoryEvent } from './history-event';
import { mismatch } from './history-mismatch';
import type { HistorySource } from './history-source';

const { WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW } = temporal.api.enums.v1.WorkflowTaskFailedCause;

/** A way through executions, from the one that began the run. */
export interface ExecutionPath {
  readonly executions: readonly string[];
  /** The last execution on the way that a reset made; null when none did. */
  readonly reset: Reset | null;
}

/** A reset: an execution that shares another one's past. */
export interface Reset {
  readonly executionId: string;
  readonly baseExecutionId: string;
  /** The history event of the reset, in the execution that it made. */
  readonly eventId: number;
}

/**
 * The way to an execution.
 *
 * @throws KernelError `RunNotFound` when the server has forgotten a part of it
 */
export async function pathTo(source: HistorySource, runId: RunId, executionId: string): Promise<ExecutionPath> {
  const executions: string[] = [];
  let reset: Reset | null = null;
  for (let at: string | null = executionId; at !== null;) {
    const event = await startOf(source, runId, at, executions[0]);
    const started = event.workflowExecutionStartedEventAttributes;
    if (!started) throw mismatch(event, 'a history begins with WorkflowExecutionStarted');
    executions.unshift(at);
    if (reset === null && started.originalExecutionRunId !== at) reset = await resetOf(source, runId, at);
    at = started.continuedExecutionRunId === '' ? null : (started.continuedExecutionRunId ?? null);
  }
  return { executions, reset };
}

async function startOf(
  source: HistorySource,
  runId: RunId,
  executionId: string,
  next: string | undefined,
): Promise<HistoryEvent> {
  try {
    return await source.startOf(runId, executionId);
  } catch (error) {
    if (next === undefined || !isKernelError(error, 'RunNotFound')) throw error;
    const reason = `event 1 of execution ${next} goes on from one that is missing: ${error.message}`;
    throw new KernelError('RunNotFound', reason, { cause: error });
  }
}

/** The event of a reset: the workflow task that the server failed for it. */
async function resetOf(source: HistorySource, runId: RunId, executionId: string): Promise<Reset | null> {
  let first: HistoryEvent | null = null;
  for await (const event of source.eventsAfter(runId, executionId, 0)) {
    first ??= event;
    const failed = event.workflowTaskFailedEventAttributes;
    if (failed?.cause !== WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW || failed.newRunId !== executionId) continue;
    return { executionId, baseExecutionId: failed.baseRunId ?? '', eventId: eventIdOf(event) };
  }
  // A history that was imported under another id has no reset in it.
  return null;
}

/** What the log of a path is beside the first log of its run; null when it is the first. */
export async function branchOfPath(store: LogStore, runId: RunId, path: ExecutionPath): Promise<RunBranch | null> {
  const { reset } = path;
  if (reset !== null) {
    const { executionId, baseExecutionId, eventId } = reset;
    return { type: 'reset', of: runId, executionId, baseExecutionId, resetEventId: eventId };
  }
  const first = await store.loadRun(runId);
  const isFirst = first === null || first.firstExecutionId === path.executions[0];
  return isFirst ? null : { type: 'reused', of: runId };
}

/** The id of the log of a path. */
export function logIdOf(runId: RunId, path: ExecutionPath, branch: RunBranch | null): RunId {
  switch (branch?.type) {
    case undefined:
      return runId;
    case 'reset':
      return branchLogId(runId, branch.executionId);
    case 'reused':
      return branchLogId(runId, path.executions[0] as string);
  }
}

/** The id of the log of a branch that begins with an execution. */
export function branchLogId(runId: RunId, executionId: string): RunId {
  return `${runId}~${executionId}`;
}
