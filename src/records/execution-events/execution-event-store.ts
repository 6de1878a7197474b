/**
 * The execution event store: an append-only log of execution events per execution, for one tenant.
 *
 * Source: Enact core, `persistence::EventStore`. The specification passes a tenant to `append` and to `list_executions` and to
 * nothing else, so that its reads can't be kept apart. Here a store is opened for one tenant, and no call names another: what
 * can't be said can't be got wrong. An id names an execution inside its tenant. What another tenant has under the same id is
 * another execution, of which nobody learns here, not even by an error. The time of an event is the caller's to say, because it
 * is when the event occurred: a store reads no clock. Whoever opened a database closes it. An implementation passes the shared contract.
 */
import type { TenantId } from '../../kernel';
import type { ExecutionId, Sequence } from './execution-event';
import type { NewExecutionEvent, StoredExecutionEvent } from './stored-execution-event';

/** Most events of one batch. */
export const EXECUTION_EVENTS_PER_BATCH_MAX = 10_000;

/** Most executions that one call lists. */
export const EXECUTIONS_LISTED_MAX = 1_000;

/** Keeps the execution events of one tenant. */
export interface ExecutionEventStore {
  /** The tenant that the store was opened for. */
  readonly tenant: TenantId;
  /**
   * Appends an event. It is durable when the promise resolves.
   *
   * @param expectedSequence the latest sequence that the writer has seen, 0 for none; null to append whatever it is
   * @returns the event's sequence
   * @throws KernelError `HeadConflict` when the latest sequence is another one; `InvalidEvent`, `InvalidRunId`: nothing is
   *   written then
   */
  append(executionId: ExecutionId, event: NewExecutionEvent, expectedSequence?: Sequence | null): Promise<Sequence>;
  /**
   * Appends all events with consecutive sequences, or none.
   *
   * @returns the sequence of the first one
   * @throws KernelError as `append`; `EventStore` for a batch that is empty, because it has no first event, or larger than
   *   `EXECUTION_EVENTS_PER_BATCH_MAX`
   */
  appendBatch(
    executionId: ExecutionId,
    events: readonly NewExecutionEvent[],
    expectedSequence?: Sequence | null,
  ): Promise<Sequence>;
  /** All events of an execution, ascending; none when there is no such execution. @throws KernelError `InvalidRunId` */
  loadEvents(executionId: ExecutionId): Promise<readonly StoredExecutionEvent[]>;
  /**
   * The events after a sequence (exclusive), ascending, at most `limit`.
   *
   * @throws KernelError `InvalidRunId`, `EventStore` for a sequence or limit that is none
   */
  loadEventsAfter(
    executionId: ExecutionId,
    afterSequence: Sequence,
    limit?: number,
  ): Promise<readonly StoredExecutionEvent[]>;
  /** The latest sequence; null when there is no such execution. @throws KernelError `InvalidRunId` */
  getLatestSequence(executionId: ExecutionId): Promise<Sequence | null>;
  /** Whether there is such an execution: one with an event. @throws KernelError `InvalidRunId` */
  executionExists(executionId: ExecutionId): Promise<boolean>;
  /**
   * The tenant's executions, newest first: by the time of their first event, and by id where times are equal, so that
   * the order says when things happened and not when they were written down.
   *
   * @param limit at most `EXECUTIONS_LISTED_MAX`
   * @param offset how many to skip
   * @throws KernelError `EventStore` for a limit or offset that is none, or a limit beyond the bound
   */
  listExecutions(limit: number, offset: number): Promise<readonly ExecutionId[]>;
  /** How many events an execution has; 0 when there is no such execution. @throws KernelError `InvalidRunId` */
  countEvents(executionId: ExecutionId): Promise<number>;
}
