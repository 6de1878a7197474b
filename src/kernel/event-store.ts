/**
 * The event store: an append-only log per run.
 *
 * Source: Oris kernel, `event::EventStore`. Beyond it, `append` can be told the head it builds on, so that two writers of
 * one run can never interleave, and `scan` how much it may give. An implementation passes `logStoreContract`
 * (`temporal-kernel/testing`).
 */
import type { Event, SequencedEvent } from './event';
import type { RunId, Seq } from './identity';

/** Keeps the events of runs. */
export interface EventStore {
  /**
   * Appends all events or none, numbered on from the head.
   *
   * @param expectedHead the head that the writer has seen; null to append whatever the head is
   * @returns the seq of the last event of the run
   * @throws KernelError `HeadConflict` when the head is another one; nothing is written then
   */
  append(runId: RunId, events: readonly Event[], expectedHead?: Seq | null): Promise<Seq>;
  /** The events from a seq on (inclusive), ascending, at most `limit`; a long run is read in pages. */
  scan(runId: RunId, from: Seq, limit?: number): Promise<readonly SequencedEvent[]>;
  /** The highest seq of the run; 0 when it has no events. */
  head(runId: RunId): Promise<Seq>;
}
