/**
 * What an execution event store is given, checked at the door, the same for every store.
 *
 * Guarantees: what comes out is JSON through and through, frozen, and holds the known members only. It must not look at what
 * a store already holds, but for the two comparisons that every store makes.
 */
import { assertRunId, KernelError, messageOf } from '../../kernel';
import type { ExecutionId, Sequence } from './execution-event';
import { EXECUTION_EVENTS_PER_BATCH_MAX, EXECUTIONS_LISTED_MAX } from './execution-event-store';
import { decodeExecutionEvent, encodeExecutionEvent } from './execution-event-wire';
import type { NewExecutionEvent } from './stored-execution-event';
import { isTimestampMs } from './timestamp';

/**
 * An id that can name an execution everywhere.
 *
 * @throws KernelError `InvalidRunId`
 */
export function checkedExecutionId(executionId: ExecutionId): ExecutionId {
  assertRunId(executionId);
  return executionId;
}

/**
 * Frozen copies of events.
 *
 * @throws KernelError `InvalidEvent`; `EventStore` for an empty batch and for one that is too large
 */
export function checkedBatch(events: readonly NewExecutionEvent[]): readonly NewExecutionEvent[] {
  if (events.length === 0) throw refused('a batch without events has no first sequence');
  if (events.length > EXECUTION_EVENTS_PER_BATCH_MAX) {
    throw refused(`a batch of ${events.length} events; ${EXECUTION_EVENTS_PER_BATCH_MAX} is the most`);
  }
  return events.map(checkedEvent);
}

function checkedEvent(given: NewExecutionEvent): NewExecutionEvent {
  let wire: unknown;
  try {
    wire = encodeExecutionEvent(given.event);
  } catch (error) {
    throw new KernelError('InvalidEvent', `no execution event: ${messageOf(error)}`, { cause: error });
  }
  const { timestampMs } = given;
  if (!isTimestampMs(timestampMs)) {
    throw new KernelError('InvalidEvent', `${timestampMs} is no time in whole milliseconds of the years 0 to 9999`);
  }
  return Object.freeze({ event: decodeExecutionEvent(wire), timestampMs });
}

/**
 * A sequence that a caller names: 0 for "before the first event".
 *
 * @throws KernelError `EventStore`
 */
export function checkedSequence(sequence: Sequence): Sequence {
  if (!isCount(sequence)) throw refused(`${sequence} is no sequence`);
  return sequence;
}

/**
 * How many events may be read; null for all.
 *
 * @throws KernelError `EventStore`
 */
export function checkedEventLimit(limit: number | undefined): number | null {
  if (limit === undefined) return null;
  if (!isCount(limit)) throw refused(`a limit of ${limit} is no count`);
  return limit;
}

/**
 * The bounds of a listing. A limit that is too high is refused and not lowered: whoever pages by it would pass executions over.
 *
 * @throws KernelError `EventStore`
 */
export function checkedListing(limit: number, offset: number): { readonly limit: number; readonly offset: number } {
  if (!isCount(limit) || limit > EXECUTIONS_LISTED_MAX) {
    throw refused(`a limit of ${limit}; it is at most ${EXECUTIONS_LISTED_MAX}`);
  }
  if (!isCount(offset)) throw refused(`an offset of ${offset} is no count`);
  return { limit, offset };
}

/**
 * Whether a write builds on what is stored.
 *
 * @param latest the latest sequence that is stored, 0 for none
 * @throws KernelError `HeadConflict`
 */
export function assertExpectedSequence(executionId: ExecutionId, expected: Sequence | null, latest: Sequence): void {
  if (expected === null || expected === latest) return;
  const name = JSON.stringify(executionId);
  throw new KernelError('HeadConflict', `execution ${name} is at ${latest}, and the writer expects ${expected}`);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function refused(reason: string): KernelError {
  return new KernelError('EventStore', reason);
}
