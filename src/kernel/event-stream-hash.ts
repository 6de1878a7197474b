/**
 * The event-stream hash: one hash for all that a log says, so that two logs can be compared by 64 characters.
 *
 * Source: Oris kernel, `determinism_guard::compute_event_stream_hash` and `verify_event_stream_hash`. It is the SHA-256 of the texts of the sequenced
 * events, one after the other with nothing between them. It covers neither the run's id nor the state that the run began
 * with; the chain of `execution-log.ts` does.
 */
import { KernelError } from './error';
import type { SequencedEvent } from './event';
import type { EventStore } from './event-store';
import { sequencedEventText } from './event-wire';
import { sha256Hex, type Hash } from './hash';
import type { RunId } from './identity';

/** The event-stream hash of events. */
export function eventStreamHashOf(events: readonly SequencedEvent[]): Hash {
  return sha256Hex(events.map(sequencedEventText).join(''));
}

/** The event-stream hash of a run's whole log; of a run without events, that of no text. */
export async function eventStreamHash(store: EventStore, runId: RunId): Promise<Hash> {
  return eventStreamHashOf(await store.scan(runId, 1));
}

/** Whether an event-stream hash is the expected one; hex digits may be of either case. */
export function isExpectedHash(actual: Hash, expected: Hash): boolean {
  return actual === expected.toLowerCase();
}

/**
 * Verifies that the event stream of a run is the expected one.
 *
 * @throws KernelError `ReplayMismatch`; those of the store
 */
export async function verifyEventStreamHash(store: EventStore, runId: RunId, expected: Hash): Promise<void> {
  const actual = await eventStreamHash(store, runId);
  if (isExpectedHash(actual, expected)) return;
  throw new KernelError('ReplayMismatch', `the event stream of ${runId} has the hash ${actual}, not ${expected}`);
}
