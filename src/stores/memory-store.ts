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
import { assertTenantId, DEFAULT_TENANT, type TenantId } from '../kernel/tenant';
import { settled } from './settled';
import {
  checkedEvents,
  checkedFrom,
  checkedLimit,
  checkedRunId,
  checkedSeqOf,
  checkedSnapshot,
  checkedStep,
} from './store-input';
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
  /** The tenant that the store was opened for. */
  readonly tenant: TenantId;
  /** All tenants' runs: what the stores of one memory have in common. */
  #memory = new Map<TenantId, Map<RunId, Shelf>>();

  /**
   * Makes an empty store.
   *
   * @throws KernelError `InvalidTenant`
   */
  constructor(tenant: TenantId = DEFAULT_TENANT) {
    assertTenantId(tenant);
    this.tenant = tenant;
  }

  /**
   * Another tenant's store in the same memory, as two stores may be opened on one file.
   *
   * @throws KernelError `InvalidTenant`
   */
  forTenant(tenant: TenantId): MemoryStore {
    const other = new MemoryStore(tenant);
    other.#memory = this.#memory;
    return other;
  }

  /**
   * Appends all events or none: see {@link EventStore.append}.
   *
   * @throws KernelError `HeadConflict`, `InvalidEvent`, `InvalidRunId`; `RunAlreadyStarted` for a mirrored run
   */
  append(runId: RunId, events: readonly Event[], expectedHead: Seq | null = null): Promise<Seq> {
    return settled(() => {
      const checked = checkedEvents(events);
      const shelf = this.#shelf(runId);
      assertAppendFits(runId, checked.length, expectedHead, standingOf(shelf));
      if (checked.length === 0) return shelf?.events.length ?? 0;
      const target = shelf ?? this.#addShelf(runId);
      for (const event of checked) addEvent(target, event);
      return target.events.length;
    });
  }

  /**
   * The events from a seq on (inclusive), ascending, at most `limit`.
   *
   * @throws KernelError `EventStore` for a seq or limit that is none, `InvalidRunId`
   */
  scan(runId: RunId, from: Seq, limit?: number): Promise<readonly SequencedEvent[]> {
    return settled(() => pageOf(this.#shelf(runId)?.events ?? [], from, limit));
  }

  /**
   * The highest seq of the run; 0 when it has no events.
   *
   * @throws KernelError `InvalidRunId`
   */
  head(runId: RunId): Promise<Seq> {
    return settled(() => this.#shelf(runId)?.events.length ?? 0);
  }

  /**
   * The snapshot with the highest seq (that is at most `atOrBefore`); null if there is none.
   *
   * @throws KernelError `InvalidRunId`
   */
  loadLatest(runId: RunId, atOrBefore: Seq = Number.MAX_SAFE_INTEGER): Promise<Snapshot | null> {
    return settled(() => {
      const snapshots = this.#shelf(runId)?.snapshots ?? [];
      return snapshots[countUpTo(snapshots, checkedSeqOf(atOrBefore)) - 1] ?? null;
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
      putSnapshot(this.#shelf(checked.runId) ?? this.#addShelf(checked.runId), checked);
    });
  }

  /**
   * Drops the snapshots before a seq, but never the run's last one: see {@link SnapshotStore.prune}.
   *
   * @throws KernelError `InvalidRunId`, `SnapshotStore` for a seq that is none
   */
  prune(runId: RunId, before: Seq): Promise<number> {
    return settled(() => {
      const snapshots = this.#shelf(runId)?.snapshots ?? [];
      const dropped = Math.min(countUpTo(snapshots, checkedSeqOf(before) - 1), snapshots.length - 1);
      return snapshots.splice(0, dropped).length;
    });
  }

  /**
   * The run, or null when no step of it was ever written.
   *
   * @throws KernelError `InvalidRunId`
   */
  loadRun(runId: RunId): Promise<StoredRun | null> {
    return settled(() => {
      const shelf = this.#shelf(runId);
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
      const shelf = this.#shelf(run.runId);
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
    return settled(() => pageOf(this.#shelf(runId)?.entries ?? [], from, limit));
  }

  /** Nothing is open, so nothing happens: what is stored stays readable. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #shelf(runId: RunId): Shelf | undefined {
    const checked = checkedRunId(runId);
    return this.#memory.get(this.tenant)?.get(checked);
  }

  #addShelf(runId: RunId): Shelf {
    const shelf: Shelf = { events: [], entries: [], snapshots: [], mirrored: null };
    const shelves = this.#memory.get(this.tenant) ?? new Map<RunId, Shelf>();
    this.#memory.set(this.tenant, shelves.set(runId, shelf));
    return shelf;
  }
}

function pageOf<T>(all: readonly T[], from: Seq, limit: number | undefined): readonly T[] {
  const first = checkedFrom(from) - 1;
  const count = checkedLimit(limit);
  return all.slice(first, count === null ? undefined : first + count);
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
