/**
 * Reading a log page by page: what a replay needs of a store, and nothing that could write.
 *
 * Guarantees: events come in order and without gaps, or the reading ends with an error. At most one page is held at a time; of
 * a store that gives more than it is asked for, what it gives is taken.
 */
import { KernelError } from './error';
import type { SequencedEvent } from './event';
import type { EventStore } from './event-store';
import type { RunId, Seq } from './identity';

/** Events that one page is asked to have at most. */
export const PAGE_EVENTS_MAX = 1_000;

/** What reads the events of runs. */
export type EventReader = Pick<EventStore, 'scan'>;

/**
 * The pages of a run's log from a seq on. None is empty.
 *
 * @throws KernelError `LogCorrupt`, with the seq, where an event is missing; and those of the store
 */
export async function* pagesOf(
  reader: EventReader,
  runId: RunId,
  from: Seq,
): AsyncGenerator<readonly SequencedEvent[], void, undefined> {
  let next = from;
  for (;;) {
    const page = await reader.scan(runId, next, PAGE_EVENTS_MAX);
    if (page.length === 0) return;
    for (const { seq } of page) {
      if (seq !== next) throw new KernelError('LogCorrupt', `event ${next} of ${runId} is missing`, { seq: next });
      next += 1;
    }
    yield page;
    if (page.length < PAGE_EVENTS_MAX) return;
  }
}
