/** Where histories come from: a Temporal server, or files that were exported from one. */
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { KernelError, messageOf, type RunId } from '../kernel';
import { EventType, eventIdOf, type HistoryEvent } from './history-event';
import { historyFromJson } from './history-json';

/** Gives the histories of a run's executions. */
export interface HistorySource {
  /** The engine's id of the execution that the run is in now, or ended in. @throws KernelError `RunNotFound` */
  currentExecution(runId: RunId): Promise<string>;
  /** The first event of an execution. @throws KernelError `RunNotFound` */
  startOf(runId: RunId, executionId: string): Promise<HistoryEvent>;
  /** The events of an execution after the given one, in order. @throws KernelError `RunNotFound` */
  eventsAfter(runId: RunId, executionId: string, afterEventId: number): AsyncIterable<HistoryEvent>;
  /** An activity that is under way; null when it is not. Only a server can say. @throws KernelError `RunNotFound` */
  pendingActivity?(runId: RunId, executionId: string, activityId: string): Promise<PendingActivity | null>;
}

/** What a server says of an activity that is under way. */
export type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;

type Description = temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse;

/** Reads histories from a server. */
export class ServerHistorySource implements HistorySource {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async currentExecution(runId: RunId): Promise<string> {
    const { workflowExecutionInfo } = await this.#described(runId);
    return workflowExecutionInfo?.execution?.runId ?? '';
  }

  async pendingActivity(runId: RunId, executionId: string, activityId: string): Promise<PendingActivity | null> {
    const { pendingActivities } = await this.#described(runId, executionId);
    return pendingActivities?.find((activity) => activity.activityId === activityId) ?? null;
  }

  /** The server's bare answer: the client's would read the run's memo, which this does not need and which may be unreadable. */
  async #described(runId: RunId, executionId = ''): Promise<Description> {
    const { workflowService, options } = this.#client.workflow;
    return await workflowService
      .describeWorkflowExecution({
        namespace: options.namespace,
        execution: { workflowId: runId, runId: executionId },
      })
      .catch((error: unknown) => {
        throw isNotFound(error) ? runNotFound(runId, error) : error;
      });
  }

  /** @param executionId default: the execution that the run is in now */
  async startOf(runId: RunId, executionId?: string): Promise<HistoryEvent> {
    for await (const event of this.#pages(runId, executionId, 1)) return event;
    throw new KernelError('RunNotFound', `run ${runId} has no history`);
  }

  async *eventsAfter(runId: RunId, executionId: string, afterEventId: number): AsyncIterable<HistoryEvent> {
    const newest = afterEventId === 0 ? null : await this.#newestAfter(runId, executionId, afterEventId);
    if (newest !== null) {
      yield* newest;
      return;
    }
    for await (const event of this.#pages(runId, executionId, PAGE_EVENTS_MAX)) {
      if (eventIdOf(event) > afterEventId) yield event;
    }
  }

  /**
   * The events after the given one, read from the newest back: the cost follows what is new, not how long the history is. Null when
   * so much is new that reading from the beginning is as cheap, and holds less in memory.
   */
  async #newestAfter(runId: RunId, executionId: string, afterEventId: number): Promise<readonly HistoryEvent[] | null> {
    const { workflowService, options } = this.#client.workflow;
    const newestFirst: HistoryEvent[] = [];
    let nextPageToken: Uint8Array | undefined;
    do {
      const response = await workflowService
        .getWorkflowExecutionHistoryReverse({
          namespace: options.namespace,
          execution: { workflowId: runId, runId: executionId },
          // Most looks find little that is new.
          maximumPageSize: nextPageToken === undefined ? FIRST_PAGE_EVENTS : PAGE_EVENTS_MAX,
          ...(nextPageToken === undefined ? {} : { nextPageToken }),
        })
        .catch((error: unknown) => {
          if (isUnimplemented(error)) return null;
          throw isNotFound(error) ? runNotFound(runId, error) : error;
        });
      if (response === null) return null;
      for (const event of response.history?.events ?? []) {
        if (eventIdOf(event) <= afterEventId) return newestFirst.reverse();
        newestFirst.push(event);
      }
      if (newestFirst.length > NEWEST_EVENTS_MAX) return null;
      nextPageToken = response.nextPageToken.length > 0 ? response.nextPageToken : undefined;
    } while (nextPageToken !== undefined);
    return newestFirst.reverse();
  }

  async *#pages(runId: RunId, executionId: string | undefined, maximumPageSize: number): AsyncIterable<HistoryEvent> {
    const { workflowService, options } = this.#client.workflow;
    let nextPageToken: Uint8Array | undefined;
    do {
      const response = await workflowService
        .getWorkflowExecutionHistory({
          namespace: options.namespace,
          execution: { workflowId: runId, ...(executionId === undefined ? {} : { runId: executionId }) },
          maximumPageSize,
          ...(nextPageToken === undefined ? {} : { nextPageToken }),
        })
        .catch((error: unknown) => {
          throw isNotFound(error) ? runNotFound(runId, error) : error;
        });
      yield* response.history?.events ?? [];
      nextPageToken = response.nextPageToken.length > 0 ? response.nextPageToken : undefined;
    } while (nextPageToken !== undefined);
  }
}

/** Events that one request asks for; the server may send fewer. */
const PAGE_EVENTS_MAX = 1_000;

/** Events that the first request of a look at what is new asks for. */
const FIRST_PAGE_EVENTS = 64;

/** New events that are held in memory at once. */
const NEWEST_EVENTS_MAX = 4_000;

/** That no run of this id is on the server. */
export function runNotFound(runId: RunId, cause: unknown): KernelError {
  return new KernelError('RunNotFound', `no run ${runId} on the server`, { cause });
}

/** Whether the server's bare answer is gRPC's NOT_FOUND. */
export function isNotFound(error: unknown): boolean {
  return codeOf(error) === 5;
}

/** The time-skipping test server does not read backwards. gRPC's UNIMPLEMENTED. */
function isUnimplemented(error: unknown): boolean {
  return codeOf(error) === 12;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** Reads histories that were exported as JSON (Temporal CLI: `workflow show --output json`; Web UI: download). */
export class ExportedHistorySource implements HistorySource {
  readonly #executions = new Map<string, readonly HistoryEvent[]>();
  readonly #current: string;

  /**
   * @param exports the parsed files, one for each execution of the run's chain, in any order
   * @throws KernelError `HistoryMismatch` when a file is no history
   */
  constructor(exports: readonly unknown[]) {
    const continued = new Set<string>();
    for (const exported of exports) {
      const events = exportedEvents(exported);
      const started = events[0]?.workflowExecutionStartedEventAttributes;
      const executionId = executionIdIn(events);
      if (!executionId)
        throw new KernelError('HistoryMismatch', 'an exported history must begin with WorkflowExecutionStarted');
      this.#executions.set(executionId, events);
      if (started?.continuedExecutionRunId) continued.add(started.continuedExecutionRunId);
    }
    const current = [...this.#executions.keys()].filter((executionId) => !continued.has(executionId)).at(-1);
    if (current === undefined) throw new KernelError('RunNotFound', 'there is no exported history');
    this.#current = current;
  }

  currentExecution(): Promise<string> {
    return Promise.resolve(this.#current);
  }

  async startOf(runId: RunId, executionId: string): Promise<HistoryEvent> {
    for await (const event of this.eventsAfter(runId, executionId, 0)) return event;
    throw new KernelError('RunNotFound', `the history of execution ${executionId} of ${runId} is missing`);
  }

  async *eventsAfter(runId: RunId, executionId: string, afterEventId: number): AsyncIterable<HistoryEvent> {
    const events = this.#executions.get(executionId);
    if (events === undefined)
      throw new KernelError('RunNotFound', `the history of execution ${executionId} of ${runId} is missing`);
    yield* events.filter((event) => eventIdOf(event) > afterEventId);
    await Promise.resolve();
  }
}

/** The id of the execution that a history is of: what a reset made says so in the task that the server failed for it. */
export function executionIdIn(events: readonly HistoryEvent[]): string | null | undefined {
  const made = events.findLast((event) => event.workflowTaskFailedEventAttributes?.newRunId);
  return (
    made?.workflowTaskFailedEventAttributes?.newRunId ??
    events[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId
  );
}

/**
 * The events of an exported history.
 *
 * @throws KernelError `HistoryMismatch` when it is none, or has a gap
 */
export function exportedEvents(exported: unknown): readonly HistoryEvent[] {
  try {
    const events = historyFromJson(exported);
    for (const [index, event] of events.entries()) {
      if (eventIdOf(event) !== index + 1) throw new Error(`event ${index + 1} is missing`);
    }
    if (events[0]?.eventType !== EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED)
      throw new Error('event 1 is no WorkflowExecutionStarted');
    return events;
  } catch (error) {
    throw new KernelError('HistoryMismatch', `not an exported history: ${messageOf(error)}`, { cause: error });
  }
}
