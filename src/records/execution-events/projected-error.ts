/** What ended an action or a run, as an execution error. */
import { CANCELLED_ERROR, type Action, type RunRecord, type StoredLog } from '../../kernel';
import type { ExecutionError, ExecutionErrorCategory } from './execution-event';
import { actionOf, stepOf } from './projected-action';
import type { RunClosure } from './run-closure';

/** What went wrong in an action. The policy has decided about other attempts before it comes into a log: there are none. */
export function errorOf(run: RunRecord, entry: StoredLog, before: StoredLog | null): ExecutionError {
  const { event, origin } = entry;
  const message = event.type === 'ActionFailed' ? event.error : '';
  const action = actionOf(entry, before);
  return finalError({
    category: CATEGORY_OF[action.type],
    message,
    code: message === CANCELLED_ERROR ? 'cancelled' : null,
    stepId: stepOf(run, entry, before),
    provider: action.type === 'CallLLM' ? action.provider : null,
    occurredAtMs: origin.timeMs,
  });
}

/** Why a run ended at an action that was not allowed. */
export function errorOfDenial({ denial }: RunClosure, occurredAtMs: number): ExecutionError {
  return finalError({
    category: denial?.code === 'BudgetExceeded' ? 'QuotaExceeded' : 'PolicyViolation',
    message: denial?.reason ?? 'an action was denied',
    code: denial?.code ?? null,
    occurredAtMs,
  });
}

const CATEGORY_OF: Readonly<Record<Action['type'], ExecutionErrorCategory>> = {
  CallTool: 'ToolError',
  CallLLM: 'LlmError',
  Sleep: 'KernelInternal',
  WaitSignal: 'KernelInternal',
};

/** An error after which nothing is tried again. A log has one result for an action, so its attempts are counted as one. */
export function finalError(
  known: Pick<ExecutionError, 'category' | 'message' | 'occurredAtMs'> & Partial<ExecutionError>,
): ExecutionError {
  return {
    retryPolicy: {
      retryable: false,
      maxRetries: 0,
      backoffStrategy: 'none',
      baseDelayMs: 0,
      maxDelayMs: 0,
      requiresIdempotencyKey: false,
    },
    code: null,
    attempt: 1,
    stepId: null,
    provider: null,
    httpStatus: null,
    details: null,
    ...known,
  };
}
