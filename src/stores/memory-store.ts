/**
 * A log store in memory: for tests, for tools, and for runs that nobody needs tomorrow.
 *
 * Guarantees: the same behaviour as a store on disk. What was stored can't be changed from outside: it is frozen.
 * Appending costs the same however long the run is. It must not do any work later than the call that asked for it.
 */
import type { Event, SequencedEvent } from '../kernel/event';
import type { RunId, Seq } from '../kernel/identity';
import type { LogStep, LogStore, RunRecord, StoredLog, StoredRun } from '../kernel/log-store';
import type { Json } from '../kernel/json';
import type { Snapshot } from '../kernel/snapshot';
import { settled } from './settled';
import { checkedEvents, checkedFrom, checkedLimit, checkedRunId, checkedSnapshot, checkedStep } from './store-input';
import { assertAppendFits, assertStepFits, type Standing } from './store-precondition';

/** All that is kept of one run. Events and entries stand at index seq - 1. */
interface Shelf {
  readonly events: SequencedEvent[];
  readonly entries: StoredLog[];
  /** Ascending by seq, one per seq. */
  readonly snapshots: Snapshot[];
  mirrored: MirroredRun | null;
}

interface MirroredRun {
  readonly record: RunRecord;
  readonly position: Json;
  readonly positionText: string;
}

/** Keeps runs in memory for as long as the object lives. Payloads and states given to it are frozen in place. */
export class MemoryStore implements LogStore {
  readonly #shelves = new Map<RunId, Shelf>();

  /**
   * Appends all events or none: see {@link EventStore.append}.
   *
   * @throws KernelError `HeadConflict`, `InvalidEvent`, `InvalidRunId`; `RunAlreadyStarted` for a mirrored run
   */
  append(runId: RunId, events: readonly Event[], expectedHead: Seq | null = null): Promise<Seq> {
    return settled(() => {
      const checked = checkedEvents(events);
      const shelf = this.#shelves.get(checkedRunId(runId));
      assertAppendFits(runId, checked.length, expectedHead, standingOf(shelf));
      if (checked.length === 0) return shelf?.events.length ?? 0;
      const target = shelf ?? this.#addShelf(runId);
      for (const event of checked) addEvent(target, event);
      return target.events.length;
    });
  }

  /**
   * The events from a seq on (inclusive), ascending.
   *
   * @throws KernelError `EventStore` for a seq that is none, `InvalidRunId`
   */
  scan(runId: RunId, from: Seq): Promise<readonly SequencedEvent[]> {
    return settled(() => this.#shelves.get(checkedRunId(runId))?.events.slice(checkedFrom(from) - 1) ?? []);
  }

  /**
   * The highest seq of the run; 0 when it has no events.
   *
   * @throws KernelError `InvalidRunId`
   */
  head(runId: RunId): Promise<Seq> {
    return settled(() => this.#shelves.get(checkedRunId(runId))?.events.length ?? 0);
  }

  /**
   * The snapshot with the highest seq (that is at most `atOrBefore`); null if there is none.
   *
   * @throws KernelError `InvalidRunId`
   */
  loadLatest(runId: RunId, atOrBefore: Seq = Number.MAX_SAFE_INTEGER): Promise<Snapshot | null> {
    return settled(() => {
      const snapshots = this.#shelves.get(checkedRunId(runId))?.snapshots ?? [];
      return snapshots[countUpTo(snapshots, atOrBefore) - 1] ?? null;
    });
  }

  /**
   * Saves a snapshot; one of the same run and seq is replaced.
   *
   * @throws KernelError `InvalidRunId`, `NotJson`, `SnapshotStore`
   */
  save(snapshot: Snapshot): Promise<void> {
    return settled(() => {
      const checked = checkedSnapshot(snapshot);
      putSnapshot(this.#shelves.get(checked.runId) ?? this.#addShelf(checked.runId), checked);
    });
  }

  /**
   * The run, or null when no step of it was ever written.
   *
   * @throws KernelError `InvalidRunId`
   */
  loadRun(runId: RunId): Promise<StoredRun | null> {
    return settled(() => {
      const shelf = this.#shelves.get(checkedRunId(runId));
      if (shelf === undefined || shelf.mirrored === null) return null;
      return { ...shelf.mirrored.record, head: shelf.events.length, position: shelf.mirrored.position };
    });
  }

  /**
   * Writes one step as a whole: see {@link LogStore.writeStep}.
   *
   * @throws KernelError `HeadConflict`; `RunAlreadyStarted` when another run of that id is stored; `EventStore`,
   *   `SnapshotCorrupt`, `InvalidEvent`, `NotJson` or `InvalidRunId` for a step that can't be right
   */
  writeStep(step: LogStep): Promise<void> {
    return settled(() => {
      const checked = checkedStep(step);
      const { run, entries, snapshots, position, positionText } = checked;
      const shelf = this.#shelves.get(run.runId);
      assertStepFits(checked, standingOf(shelf));
      const target = shelf ?? this.#addShelf(run.runId);
      for (const entry of entries) {
        addEvent(target, entry.event);
        target.entries.push(entry);
      }
      for (const snapshot of snapshots) putSnapshot(target, snapshot);
      target.mirrored = { record: target.mirrored?.record ?? run, position, positionText };
    });
  }

  /**
   * The entries from a seq on (inclusive), ascending, at most `limit`.
   *
   * @throws KernelError `EventStore` for a seq or limit that is none, `InvalidRunId`
   */
  scanLog(runId: RunId, from: Seq, limit?: number): Promise<readonly StoredLog[]> {
    return settled(() => {
      const first = checkedFrom(from) - 1;
      const count = checkedLimit(limit);
      const entries = this.#shelves.get(checkedRunId(runId))?.entries ?? [];
      return entries.slice(first, count === null ? undefined : first + count);
    });
  }

  /** Nothing is open, so nothing happens: what is stored stays readable. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #addShelf(runId: RunId): Shelf {
    const shelf: Shelf = { events: [], entries: [], snapshots: [], mirrored: null };
    this.#shelves.set(runId, shelf);
    return shelf;
  }
}

function standingOf(shelf: Shelf | undefined): Standing {
  if (shelf === undefined) return { head: 0, run: null };
  const { events, mirrored } = shelf;
  if (mirrored === null) return { head: events.length, run: null };
  return { head: events.length, run: { ...mirrored.record, positionText: mirrored.positionText } };
}

function addEvent(shelf: Shelf, event: Event): void {
  shelf.events.push(Object.freeze({ seq: shelf.events.length + 1, event }));
}

function putSnapshot({ snapshots }: Shelf, snapshot: Snapshot): void {
  const count = countUpTo(snapshots, snapshot.atSeq);
  const replaces = snapshots[count - 1]?.atSeq === snapshot.atSeq;
  if (replaces) snapshots[count - 1] = snapshot;
  else snapshots.splice(count, 0, snapshot);
}

/** How many snapshots are at or before a seq. */
function countUpTo(snapshots: readonly Snapshot[], seq: Seq): number {
  let low = 0;
  let high = snapshots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((snapshots[middle] as Snapshot).atSeq <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
