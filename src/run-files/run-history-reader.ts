/**
 * Reads from a run's histories what its log does not have: the tries of its actions, who sent its answers, how it ended.
 *
 * It checks nothing: that the histories are those of the log is the mirror's to say. What it does not know it passes over.
 */
import { isKernelError, messageOf, type ActionId, type RunId } from '../kernel';
import {
  EventType,
  eventIdOf,
  eventTimeMsOf,
  isBurst,
  type HistoryDecoder,
  type HistoryEvent,
  type HistorySource,
} from '../mirror';
import { resultOfFailure } from '../protocol';
import { senderKey, type ActionAttempt, type ActionHistory, type RunClosing, type RunHistory } from '../records';

type Failure = Parameters<HistoryDecoder['failure']>[0];

/**
 * What the histories of these executions know.
 *
 * @param runId the id that the engine knows the run by
 * @returns null when the engine has none of them any more
 */
export async function readRunHistory(
  source: HistorySource,
  decoder: HistoryDecoder,
  runId: RunId,
  executionIds: readonly string[],
): Promise<RunHistory | null> {
  const reader = new RunHistoryReader(decoder);
  let found = 0;
  for (const executionId of executionIds) {
    try {
      for await (const event of source.eventsAfter(runId, executionId, 0)) await reader.read(executionId, event);
      found += 1;
    } catch (error) {
      // The server forgets closed executions in time; the log does not.
      if (!isKernelError(error, 'RunNotFound')) throw error;
    }
  }
  return found === 0 ? null : reader;
}

/** An action whose events are being read. */
interface OpenAction {
  readonly kind: ActionHistory['kind'];
  readonly attempts: ActionAttempt[];
  childExecutionId: string | null;
}

class RunHistoryReader implements RunHistory {
  readonly actions = new Map<ActionId, OpenAction>();
  readonly senders = new Map<string, string>();
  closing: RunClosing | null = null;
  readonly #decoder: HistoryDecoder;
  /** Actions of the execution at hand, by the event that asked for them. */
  #asked = new Map<string, OpenAction>();
  #executionId = '';

  constructor(decoder: HistoryDecoder) {
    this.#decoder = decoder;
  }

  async read(executionId: string, event: HistoryEvent): Promise<void> {
    if (executionId !== this.#executionId) {
      this.#executionId = executionId;
      this.#asked = new Map();
      this.closing = null;
    }
    this.#readSender(event);
    this.#readRequest(event);
    await this.#readAttempt(event);
    await this.#readChild(event);
    await this.#readClosing(event);
  }

  #readSender(event: HistoryEvent): void {
    const sender =
      event.workflowExecutionSignaledEventAttributes?.identity ??
      event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.meta?.identity;
    if (sender) this.senders.set(senderKey(this.#executionId, eventIdOf(event)), sender);
  }

  #readRequest(event: HistoryEvent): void {
    // How often an action was tried in a burst is not in history.
    if (isBurst(event)) return;
    const activityId = event.activityTaskScheduledEventAttributes?.activityId;
    const childId = event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId;
    const actionId = activityId ?? childId;
    if (!actionId) return;
    const kind = activityId ? 'activity' : 'childRun';
    const action = this.actions.get(actionId) ?? { kind, attempts: [], childExecutionId: null };
    this.actions.set(actionId, action);
    this.#asked.set(String(eventIdOf(event)), action);
  }

  async #readAttempt(event: HistoryEvent): Promise<void> {
    const started = event.activityTaskStartedEventAttributes;
    if (started) {
      const action = this.#asked.get(String(started.scheduledEventId));
      if (action === undefined) return;
      const error = started.lastFailure ? await this.#textOf(started.lastFailure) : null;
      beginAttempt(action.attempts, started.attempt ?? 1, eventTimeMsOf(event), error);
      return;
    }
    const ended =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    const action = ended ? this.#asked.get(String(ended.scheduledEventId)) : undefined;
    if (!ended || action === undefined) return;
    const failure = 'failure' in ended ? ended.failure : null;
    const error = failure ? await this.#textOf(failure) : null;
    endAttempt(action.attempts, statusOf(event), eventTimeMsOf(event), error);
  }

  async #readChild(event: HistoryEvent): Promise<void> {
    const started = event.childWorkflowExecutionStartedEventAttributes;
    if (started) {
      const child = this.#asked.get(String(started.initiatedEventId));
      if (child === undefined) return;
      child.childExecutionId = started.workflowExecution?.runId ?? null;
      beginAttempt(child.attempts, 1, eventTimeMsOf(event), null);
      return;
    }
    const ended =
      event.childWorkflowExecutionCompletedEventAttributes ??
      event.childWorkflowExecutionFailedEventAttributes ??
      event.childWorkflowExecutionTimedOutEventAttributes ??
      event.childWorkflowExecutionCanceledEventAttributes ??
      event.childWorkflowExecutionTerminatedEventAttributes;
    const child = ended ? this.#asked.get(String(ended.initiatedEventId)) : undefined;
    if (!ended || child === undefined) return;
    const failure = 'failure' in ended ? ended.failure : null;
    const error = failure ? await this.#textOf(failure) : null;
    endAttempt(child.attempts, statusOf(event), eventTimeMsOf(event), error);
  }

  async #readClosing(event: HistoryEvent): Promise<void> {
    const status = CLOSING.get(event.eventType ?? 0);
    if (status === undefined) return;
    const failure = event.workflowExecutionFailedEventAttributes?.failure;
    const reason = event.workflowExecutionTerminatedEventAttributes?.reason;
    const why = failure
      ? { type: failure.applicationFailureInfo?.type ?? status, message: await this.#messageOf(failure) }
      : reason
        ? { type: status, message: reason }
        : null;
    this.closing = { status, atMs: eventTimeMsOf(event), failure: why };
  }

  /** A failure as the log has it: with the specification's words. */
  async #textOf(failure: NonNullable<Failure>): Promise<string> {
    try {
      const result = resultOfFailure(await this.#decoder.failure(failure));
      return result.type === 'failure' ? result.error : '';
    } catch (error) {
      // What is locked away from whoever records the run is not a reason to record nothing.
      return failure.message ?? messageOf(error);
    }
  }

  async #messageOf(failure: NonNullable<Failure>): Promise<string> {
    try {
      return (await this.#decoder.failure(failure)).message;
    } catch (error) {
      return failure.message ?? messageOf(error);
    }
  }
}

/** History has the last try's beginning, its number, and why the one before it failed. */
function beginAttempt(attempts: ActionAttempt[], number: number, atMs: number, lastError: string | null): void {
  // An action that was asked for again goes on counting.
  const before = attempts.length;
  for (let earlier = 1; earlier < number; earlier += 1) {
    const error = earlier === number - 1 ? lastError : null;
    attempts.push({ attempt: before + earlier, startedAtMs: null, finishedAtMs: null, error, status: 'failed' });
  }
  attempts.push({
    attempt: before + number,
    startedAtMs: atMs,
    finishedAtMs: null,
    error: null,
    status: 'running',
  });
}

function endAttempt(
  attempts: ActionAttempt[],
  status: ActionAttempt['status'],
  atMs: number,
  error: string | null,
): void {
  const last = attempts.at(-1);
  if (last?.status === 'running') attempts[attempts.length - 1] = { ...last, finishedAtMs: atMs, status, error };
  // No worker ever took it.
  else attempts.push({ attempt: attempts.length + 1, startedAtMs: null, finishedAtMs: atMs, status, error });
}

function statusOf({ eventType }: HistoryEvent): ActionAttempt['status'] {
  switch (eventType) {
    case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
    case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED:
      return 'completed';
    case EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
    case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT:
      return 'timedOut';
    case EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
    case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED:
      return 'cancelled';
    default:
      return 'failed';
  }
}

const CLOSING: ReadonlyMap<number, RunClosing['status']> = new Map([
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, 'completed'],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, 'failed'],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, 'cancelled'],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, 'terminated'],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT, 'timedOut'],
]);
