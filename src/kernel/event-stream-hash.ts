/**
 * The event-stream hash: one hash for all that a log says, so that two logs can be compared by 64 characters.
 *
 * Source: Oris kernel, `determinism_guard::compute_event_stream_hash`. It is the SHA-256 of the texts of the sequenced
 * events, one after the other with nothing between them. It covers neither the run's id nor the state that the run began
 * with; the chain of `execution-log.ts` does.
 */
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
