/**
 * What the contract for execution event stores is made of. A case throws where the store breaks its promise, and knows the store
 * by its interface alone.
 */
import assert from 'node:assert/strict';
import { DEFAULT_TENANT, type TenantId } from '../kernel/tenant';
import type { ExecutionId } from '../records/execution-events/execution-event';
import type { ExecutionEventStore } from '../records/execution-events/execution-event-store';
import type { NewExecutionEvent } from '../records/execution-events/stored-execution-event';

/** An empty place for stores: a new file, a new database, a new memory. */
export interface ExecutionEventPlace {
  /** Opens a store for a tenant. It may be called more than once, for the same tenant too. */
  readonly open: (tenant: TenantId) => ExecutionEventStore | Promise<ExecutionEventStore>;
  /** Closes what was opened, and removes the place. */
  readonly remove?: () => unknown;
}

/** A promise of every store: a sentence, and what shows that it holds. */
export interface ExecutionEventPromise {
  readonly name: string;
  /**
   * @param store a store at an empty place
   * @param open opens another store at the same place
   */
  readonly holds: (
    store: ExecutionEventStore,
    open: (tenant?: TenantId) => Promise<ExecutionEventStore>,
  ) => Promise<void>;
}

/** Holds a place against a promise; the place is removed afterwards. */
export async function assertPromise(
  { holds }: ExecutionEventPromise,
  makePlace: () => ExecutionEventPlace | Promise<ExecutionEventPlace>,
): Promise<void> {
  const place = await makePlace();
  const open = async (tenant: TenantId = DEFAULT_TENANT): Promise<ExecutionEventStore> => await place.open(tenant);
  try {
    await holds(await open(), open);
  } finally {
    await place.remove?.();
  }
}

/** When the events of the contract happen, unless it matters. */
export const TIME_MS = 1_700_000_000_000;

/** An event with a label. */
export function note(label: number, timestampMs = TIME_MS): NewExecutionEvent {
  return { event: { type: 'Custom', eventType: 'note', data: label }, timestampMs };
}

/** Events with the labels from a number to a number. */
export function notes(from: number, to: number): readonly NewExecutionEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => note(from + index));
}

/** The labels of an execution's events; their sequences must be 1, 2, 3, … */
export async function labels(store: ExecutionEventStore, executionId: ExecutionId): Promise<unknown[]> {
  const events = await store.loadEvents(executionId);
  assert.deepEqual(
    sequences(events),
    Array.from(events, (_, index) => index + 1),
  );
  return Array.from(events, ({ event }) => (event.type === 'Custom' ? event.data : event.type));
}

/** A page of a tenant's executions, as an array of this realm: test runners give each file globals of its own. */
export async function listed(store: ExecutionEventStore, limit: number, offset: number): Promise<ExecutionId[]> {
  return Array.from(await store.listExecutions(limit, offset));
}

/** The sequences of events. */
export function sequences(events: readonly { readonly sequence: number }[]): number[] {
  return Array.from(events, ({ sequence }) => sequence);
}
