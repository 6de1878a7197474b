/** Rings when a run's history has grown. It holds one long poll at a time, and asks the workflow nothing. */
import type { Client } from '@temporalio/client';
import type { RunId } from '../kernel';
import { EventType, HistoryDecoder, type HistoryEvent } from '../mirror';
import { isRoutine } from '../runs/task-failure';

export class HistoryBell {
  readonly #client: Client;
  readonly #runId: RunId;
  #executionId: string | null = null;
  #pageToken: Uint8Array | undefined;

  constructor(client: Client, runId: RunId) {
    this.#client = client;
    this.#runId = runId;
  }

  /**
   * Waits until an execution's history has events that no call before waited for, or a long poll ended without any.
   *
   * @returns why the workflow task failed, if it did; null otherwise
   */
  async rings(executionId: string): Promise<string | null> {
    if (executionId !== this.#executionId) {
      this.#executionId = executionId;
      this.#pageToken = undefined;
    }
    const { workflowService, options } = this.#client.workflow;
    const response = await workflowService.getWorkflowExecutionHistory({
      namespace: options.namespace,
      execution: { workflowId: this.#runId, runId: executionId },
      waitNewEvent: true,
      skipArchival: true,
      ...(this.#pageToken === undefined ? {} : { nextPageToken: this.#pageToken }),
    });
    if (response.nextPageToken.length > 0) this.#pageToken = response.nextPageToken;
    return await this.#failureIn(response.history?.events ?? []);
  }

  /** The last failure that nothing came after. */
  async #failureIn(events: readonly HistoryEvent[]): Promise<string | null> {
    const last = events.findLast(({ eventType }) => TASK_ENDS.has(eventType ?? 0));
    const failed = last?.workflowTaskFailedEventAttributes;
    if (last === undefined || failed == null || isRoutine(last)) return null;
    const decoder = new HistoryDecoder(this.#client.options.loadedDataConverter);
    return (await decoder.failure(failed.failure)).message;
  }
}

const TASK_ENDS: ReadonlySet<number> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
]);
