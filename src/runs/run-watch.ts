/**
 * Watches a run until it is blocked or has ended. It follows the history with long polls and asks the workflow only when
 * nothing is under way, so it neither polls nor disturbs.
 */
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isGrpcDeadlineError } from '@temporalio/client';
import type { KernelError, RunId, RunStatus } from '../kernel';
import { EventType, HistoryDecoder, runNotFound, ServerHistorySource, type HistoryEvent } from '../mirror';
import { ACTION_FAILED_TYPE, BLOCKED_MEMO, STATUS_QUERY, type StatusReport } from '../protocol';
import { isFailedInProgram, isGone, isUnanswered, programBroken } from './request-failure';
import { isRoutine } from './task-failure';

/**
 * How long a failing workflow task may take to recover (a fixed worker may be starting) before the program counts as broken,
 * in milliseconds.
 */
export const BROKEN_AFTER_MS = 10_000;

export class RunWatch {
  readonly #client: Client;
  readonly #decoder: HistoryDecoder;
  readonly #runId: RunId;
  readonly #brokenAfterMs: number;
  #executionId: string | undefined;
  #pageToken: Uint8Array | undefined;
  /** Actions and timers under way. */
  #pending = 0;
  #taskOpen = true;
  /** The run said with its last task that it is blocked: a timer of it is only the time for an answer. */
  #announced = false;
  #broken: HistoryEvent | null = null;

  constructor(client: Client, runId: RunId, brokenAfterMs: number) {
    this.#client = client;
    this.#decoder = new HistoryDecoder(client.options.loadedDataConverter);
    this.#runId = runId;
    this.#brokenAfterMs = brokenAfterMs;
  }

  /**
   * @throws KernelError `RunNotFound`; `ProgramBroken` when the workflow task keeps failing: the run is intact and goes on
   *   when a worker with fixed code is there
   */
  async untilBlocked(): Promise<RunStatus> {
    this.#executionId = await new ServerHistorySource(this.#client).currentExecution(this.#runId);
    for (;;) {
      const events = await this.#nextEvents();
      for (const event of events) {
        const ended = await this.#take(event);
        if (ended !== null) return ended;
      }
      if (this.#taskOpen || (this.#pending > 0 && !this.#announced)) continue;
      const status = await this.#status();
      if (status?.status === 'blocked' || status?.status === 'paused') return status;
      // The run went on meanwhile, or waits for a worker: history will tell.
    }
  }

  /** What the workflow says, or null when no worker is there to say it. */
  async #status(): Promise<RunStatus | null> {
    try {
      const handle = this.#client.workflow.getHandle(this.#runId, this.#executionId);
      return (await handle.query<StatusReport>(STATUS_QUERY)).status;
    } catch (error) {
      if (isUnanswered(error)) return null;
      throw isFailedInProgram(error) ? programBroken(this.#runId, error) : error;
    }
  }

  async #nextEvents(): Promise<readonly HistoryEvent[]> {
    const { workflowService, options } = this.#client.workflow;
    const request = () =>
      workflowService.getWorkflowExecutionHistory({
        namespace: options.namespace,
        execution: {
          workflowId: this.#runId,
          ...(this.#executionId === undefined ? {} : { runId: this.#executionId }),
        },
        waitNewEvent: true,
        skipArchival: true,
        ...(this.#pageToken === undefined ? {} : { nextPageToken: this.#pageToken }),
      });
    try {
      const response = await (this.#broken === null
        ? request()
        : this.#client.connection.withDeadline(Date.now() + this.#brokenAfterMs, request));
      const events = response.history?.events ?? [];
      // The server answers with nothing shortly before the deadline.
      if (this.#broken !== null && events.length === 0) throw await this.#programBroken(this.#broken);
      if (response.nextPageToken.length > 0) this.#pageToken = response.nextPageToken;
      return events;
    } catch (error) {
      if (this.#broken !== null && isGrpcDeadlineError(error)) throw await this.#programBroken(this.#broken);
      if (isGone(error)) throw runNotFound(this.#runId, error);
      throw error;
    }
  }

  /** Follows one event; gives the status when the run ended with it. */
  async #take(event: HistoryEvent): Promise<RunStatus | null> {
    switch (event.eventType) {
      case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
      case EventType.EVENT_TYPE_TIMER_STARTED:
        this.#pending += 1;
        return null;
      case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
      case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
      case EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
      case EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
      case EventType.EVENT_TYPE_TIMER_FIRED:
        this.#pending -= 1;
        this.#taskOpen = true;
        return null;
      case EventType.EVENT_TYPE_TIMER_CANCELED:
        this.#pending -= 1;
        return null;
      // Not the scheduling of a task: the server shows tasks that vanish again when a refused answer was all they were for.
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
      case EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
        this.#taskOpen = true;
        return null;
      case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        this.#taskOpen = false;
        this.#announced = false;
        this.#broken = null;
        return null;
      case EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED:
        this.#announced = Object.hasOwn(
          event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields ?? {},
          BLOCKED_MEMO,
        );
        return null;
      case EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED: {
        if (!isRoutine(event)) this.#broken = event;
        this.#taskOpen = true;
        return null;
      }
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
        this.#executionId = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
        this.#pageToken = undefined;
        this.#pending = 0;
        this.#taskOpen = true;
        return null;
      default:
        return await this.#endedWith(event);
    }
  }

  async #endedWith(event: HistoryEvent): Promise<RunStatus | null> {
    switch (event.eventType) {
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
        return { status: 'completed' };
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
        return { status: 'cancelled' };
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
        return { status: 'failed', recoverable: false, error: 'terminated' };
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
        return { status: 'failed', recoverable: false, error: 'timed out' };
      case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: {
        const failure = await this.#decoder.failure(event.workflowExecutionFailedEventAttributes?.failure);
        const type = failure instanceof ApplicationFailure ? failure.type : null;
        if (type === 'PolicyDenied' || type === 'BudgetExceeded') {
          return { status: 'denied', code: type, reason: failure.message };
        }
        const prefix = type === ACTION_FAILED_TYPE ? /^action .+? failed: / : /^/;
        return { status: 'failed', recoverable: false, error: failure.message.replace(prefix, '') };
      }
      default:
        return null;
    }
  }

  async #programBroken(event: HistoryEvent): Promise<KernelError> {
    const failure = await this.#decoder.failure(event.workflowTaskFailedEventAttributes?.failure);
    return programBroken(this.#runId, failure);
  }
}
