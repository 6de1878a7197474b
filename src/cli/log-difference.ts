/**
 * The first difference of two logs. Bisecting the state hashes finds a place where the states part, with a handful of entries read; the
 * first difference is there or before, because an event can differ and leave the state as it was, so what lies before is compared
 * entry by entry.
 */
import { ownIdOf, sequencedEventText, type Event, type Seq, type StoredLog } from '../kernel';
import { entriesOf, entryAt, type OpenedRun } from './opened-run';

/** Where two logs differ first. */
export interface LogDifference {
  readonly seq: Seq;
  /** What differs there. `end`: one of the logs has no such entry. */
  readonly in: readonly ('event' | 'state' | 'end')[];
  /** The entries; null where a log has none. */
  readonly a: StoredLog | null;
  readonly b: StoredLog | null;
}

/** The first difference; null when there is none. */
export async function firstDifference(a: OpenedRun, b: OpenedRun): Promise<LogDifference | null> {
  const shared = Math.min(a.run.head, b.run.head);
  const parted = await statesPartAt(a, b, shared);
  const before = entriesOf(b, 1, parted ?? shared);
  for await (const one of entriesOf(a, 1, parted ?? shared)) {
    const other = (await before.next()).value as StoredLog;
    const event = wordOf(a, one) !== wordOf(b, other);
    const state = one.stateHash !== other.stateHash;
    if (event || state) {
      return {
        seq: one.eventIndex,
        in: [...(event ? (['event'] as const) : []), ...(state ? (['state'] as const) : [])],
        a: one,
        b: other,
      };
    }
  }
  if (a.run.head === b.run.head) return null;
  const seq = shared + 1;
  return {
    seq,
    in: ['end'],
    a: a.run.head >= seq ? await entryAt(a, seq) : null,
    b: b.run.head >= seq ? await entryAt(b, seq) : null,
  };
}

/** A seq at which the states differ and before which they are the same; null where the last ones that both have are the same. */
async function statesPartAt(a: OpenedRun, b: OpenedRun, shared: Seq): Promise<Seq | null> {
  const isSame = async (seq: Seq): Promise<boolean> => {
    return (await entryAt(a, seq)).stateHash === (await entryAt(b, seq)).stateHash;
  };
  if (shared === 0 || (await isSame(shared))) return null;
  let [same, differs] = [0, shared];
  while (differs - same > 1) {
    const middle = Math.floor((same + differs) / 2);
    if (await isSame(middle)) same = middle;
    else differs = middle;
  }
  return differs;
}

/** An event as a text in which the run's own id does not stand: two runs that do the same have the same words. */
function wordOf({ run }: OpenedRun, { eventIndex: seq, event }: StoredLog): string {
  return sequencedEventText({ seq, event: withoutRunId(event, `${ownIdOf(run)}-`) });
}

/** The event with its action's id made relative. */
export function withoutRunId(event: Event, prefix: string): Event {
  if (!('actionId' in event) || !event.actionId.startsWith(prefix)) return event;
  return { ...event, actionId: `…-${event.actionId.slice(prefix.length)}` };
}
