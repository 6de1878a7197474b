/**
 * A log store in one SQLite file: for one machine, any number of processes.
 *
 * Guarantees: a write is one IMMEDIATE transaction, on disk when its promise resolves; two handles or processes never
 * interleave and lose nothing; rows of events and log entries are never changed, by whomever; what can't be read back is
 * named by run and seq. A call blocks the event loop while it works or waits for another writer, at most for the busy
 * timeout. It must not put a value into the text of a statement.
 */
import type Database from 'better-sqlite3';
import { canonicalJson } from '../kernel/canonical-json';
import { KernelError, messageOf } from '../kernel/error';
import type { Event, SequencedEvent } from '../kernel/event';
import { eventText, parseEventText } from '../kernel/event-wire';
import type { RunId, Seq } from '../kernel/identity';
import { sealJson, type Json } from '../kernel/json';
import type { LogStep, LogStore, StoredLog, StoredRun } from '../kernel/log-store';
import type { Snapshot } from '../kernel/snapshot';
import { settled } from './settled';
import { sqliteFailure, type StorePart } from './sqlite-failure';
import { openSqliteFile } from './sqlite-file';
import { prepareStatements, type RunRow, type Statements } from './sqlite-statements';
import {
  checkedEvents,
  checkedFrom,
  checkedLimit,
  checkedRunId,
  checkedSnapshot,
  checkedStep,
  storedLogOf,
  type CheckedStep,
} from './store-input';
import { assertAppendFits, assertStepFits, type Standing } from './store-precondition';

/** How long a call waits for other writers unless told otherwise, in milliseconds. */
export const BUSY_TIMEOUT_MS_DEFAULT = 10_000;

/** SQLite's "no limit". */
const UNLIMITED = -1;

/** How to open a `SqliteStore`. */
export interface SqliteStoreOptions {
  /** How long a call waits for other writers before it fails, in milliseconds. */
  readonly busyTimeoutMs?: number;
}

/** Keeps runs in an SQLite file. Payloads and states given to it are frozen in place. */
export class SqliteStore implements LogStore {
  /** The file, as it was given. */
  readonly path: string;
  readonly #db: Database.Database;
  readonly #statements: Statements;

  private constructor(path: string, db: Database.Database) {
    this.path = path;
    this.#db = db;
    this.#statements = prepareStatements(db);
  }

  /**
   * Opens a file, or makes it; the directory must be there.
   *
   * @throws KernelError `EventStore` for a file that can't be opened, is no SQLite database, belongs to another program,
   *   has a newer schema, or lies where SQLite can't keep a write-ahead log
   */
  static open(path: string, options: SqliteStoreOptions = {}): SqliteStore {
    const db = openSqliteFile(path, options.busyTimeoutMs ?? BUSY_TIMEOUT_MS_DEFAULT);
    try {
      return new SqliteStore(path, db);
    } catch (error) {
      db.close();
      throw sqliteFailure('EventStore', `open ${path}`, error);
    }
  }

  /**
   * Appends all events or none: see {@link EventStore.append}.
   *
   * @throws KernelError `HeadConflict`, `InvalidEvent`, `InvalidRunId`; `RunAlreadyStarted` for a mirrored run;
   *   `EventStore` when the file can't be written
   */
  append(runId: RunId, events: readonly Event[], expectedHead: Seq | null = null): Promise<Seq> {
    return this.#attempt('EventStore', 'append to', runId, () => {
      const texts = checkedEvents(events).map(eventText);
      return this.#inTransaction(() => {
        const standing = this.#standing(runId);
        assertAppendFits(runId, texts.length, expectedHead, standing);
        let seq = standing.head;
        for (const text of texts) this.#statements.insertEvent.run(runId, (seq += 1), text);
        return seq;
      });
    });
  }

  /**
   * The events from a seq on (inclusive), ascending.
   *
   * @throws KernelError `LogCorrupt` naming run and seq of an event that is missing or can't be read; `EventStore` for a
   *   seq that is none, or when the file can't be read; `InvalidRunId`
   */
  scan(runId: RunId, from: Seq): Promise<readonly SequencedEvent[]> {
    return this.#attempt('EventStore', 'scan', runId, () => {
      const events: SequencedEvent[] = [];
      let seq = checkedFrom(from);
      for (const row of this.#statements.scanEvents.iterate(runId, seq)) {
        events.push({ seq, event: readEvent(runId, seq, row) });
        seq += 1;
      }
      return events;
    });
  }

  /**
   * The highest seq of the run; 0 when it has no events.
   *
   * @throws KernelError `EventStore` when the file can't be read; `InvalidRunId`
   */
  head(runId: RunId): Promise<Seq> {
    return this.#attempt('EventStore', 'read the head of', runId, () => this.#head(runId));
  }

  /**
   * The snapshot with the highest seq (that is at most `atOrBefore`); null if there is none.
   *
   * @throws KernelError `SnapshotCorrupt` naming run and seq of a snapshot that can't be read; `SnapshotStore` when the
   *   file can't be read; `InvalidRunId`
   */
  loadLatest(runId: RunId, atOrBefore: Seq = Number.MAX_SAFE_INTEGER): Promise<Snapshot | null> {
    return this.#attempt('SnapshotStore', 'load a snapshot of', runId, () => {
      const row = this.#statements.latestSnapshot.get(runId, atOrBefore);
      if (row === undefined) return null;
      const state = readJson(row.state, (reason) => {
        const place = `the snapshot of run ${JSON.stringify(runId)} at seq ${row.at_seq}`;
        return new KernelError('SnapshotCorrupt', `${place} can't be read: ${reason}`);
      });
      return { runId, atSeq: row.at_seq, state };
    });
  }

  /**
   * Saves a snapshot; one of the same run and seq is replaced.
   *
   * @throws KernelError `InvalidRunId`, `NotJson`; `SnapshotStore` for a seq that is none, or when the file can't be
   *   written
   */
  save(snapshot: Snapshot): Promise<void> {
    return this.#attempt('SnapshotStore', 'save a snapshot of', snapshot.runId, () => {
      const { runId, atSeq, state } = checkedSnapshot(snapshot);
      const text = canonicalJson(state);
      this.#inTransaction(() => {
        this.#statements.putSnapshot.run(runId, atSeq, text);
      });
    });
  }

  /**
   * The run, or null when no step of it was ever written.
   *
   * @throws KernelError `LogCorrupt` naming a run whose record can't be read; `EventStore` when the file can't be read;
   *   `InvalidRunId`
   */
  loadRun(runId: RunId): Promise<StoredRun | null> {
    return this.#attempt('EventStore', 'load', runId, () => {
      const row = this.#statements.loadRun.get(runId);
      return row === undefined ? null : readRun(runId, row);
    });
  }

  /**
   * Writes one step in one transaction: see {@link LogStore.writeStep}.
   *
   * @throws KernelError `HeadConflict`; `RunAlreadyStarted` when another run of that id is stored; `EventStore`,
   *   `SnapshotCorrupt`, `InvalidEvent`, `NotJson` or `InvalidRunId` for a step that can't be right; `EventStore` when the
   *   file can't be written
   */
  writeStep(step: LogStep): Promise<void> {
    return this.#attempt('EventStore', 'write a step of', step.run.runId, () => {
      const checked = checkedStep(step);
      // Printed before the transaction, so that other writers wait for the disk only.
      const eventTexts = checked.entries.map((entry) => eventText(entry.event));
      const stateTexts = checked.snapshots.map((snapshot) => canonicalJson(snapshot.state));
      this.#inTransaction(() => {
        const standing = this.#standing(checked.run.runId);
        assertStepFits(checked, standing);
        if (standing.run === null) this.#insertRun(checked);
        this.#insertEntries(checked, eventTexts);
        checked.snapshots.forEach(({ runId, atSeq }, index) => {
          this.#statements.putSnapshot.run(runId, atSeq, stateTexts[index] as string);
        });
        this.#statements.putPosition.run(checked.run.runId, checked.positionText);
      });
    });
  }

  /**
   * The entries from a seq on (inclusive), ascending, at most `limit`.
   *
   * @throws KernelError `LogCorrupt` naming run and seq of an entry that is missing or can't be read; `EventStore` for a
   *   seq or limit that is none, or when the file can't be read; `InvalidRunId`
   */
  scanLog(runId: RunId, from: Seq, limit?: number): Promise<readonly StoredLog[]> {
    return this.#attempt('EventStore', 'scan the log of', runId, () => {
      const count = checkedLimit(limit) ?? UNLIMITED;
      const entries: StoredLog[] = [];
      let seq = checkedFrom(from);
      for (const row of this.#statements.scanLog.iterate(runId, seq, count)) {
        const origin = { executionId: row.execution_id, historyEventId: row.history_event_id, timeMs: row.time_ms };
        const { state_hash: stateHash, hash, seal } = row;
        entries.push(storedLogOf(runId, seq, readEvent(runId, seq, row), { stateHash, hash, seal, origin }));
        seq += 1;
      }
      return entries;
    });
  }

  /**
   * Closes the file; a second time does nothing. Every other call fails from then on, with `EventStore` or
   * `SnapshotStore`.
   *
   * @throws KernelError `EventStore` when the file can't be closed
   */
  close(): Promise<void> {
    return settled(() => {
      try {
        this.#db.close();
      } catch (error) {
        throw sqliteFailure('EventStore', `close ${this.path}`, error);
      }
    });
  }

  #attempt<T>(part: StorePart, task: string, runId: RunId, work: () => T): Promise<T> {
    return settled(() => {
      try {
        checkedRunId(runId);
        return work();
      } catch (error) {
        throw sqliteFailure(part, `${task} run ${JSON.stringify(runId)} in ${this.path}`, error);
      }
    });
  }

  /** IMMEDIATE takes the write lock first, so that what is read inside is what the write builds on. */
  #inTransaction<T>(work: () => T): T {
    return this.#db.transaction(work).immediate();
  }

  #head(runId: RunId): Seq {
    return this.#statements.head.get(runId)?.head ?? 0;
  }

  #standing(runId: RunId): Standing {
    const row = this.#statements.loadRun.get(runId);
    if (row === undefined) return { head: this.#head(runId), run: null };
    const { first_execution_id: firstExecutionId, genesis_hash: genesisHash, position } = row;
    if (position === null) throw badRun(runId, 'it has no position');
    return { head: row.head, run: { firstExecutionId, genesisHash, positionText: position } };
  }

  #insertRun({ run }: CheckedStep): void {
    const { runId, program, initialState, genesisHash, firstExecutionId, startedAtMs } = run;
    const stateText = canonicalJson(initialState);
    this.#statements.insertRun.run(runId, program, stateText, genesisHash, firstExecutionId, startedAtMs);
  }

  #insertEntries({ entries }: CheckedStep, eventTexts: readonly string[]): void {
    entries.forEach(({ threadId, eventIndex, stateHash, hash, seal, origin }, index) => {
      const { executionId, historyEventId, timeMs } = origin;
      this.#statements.insertEvent.run(threadId, eventIndex, eventTexts[index] as string);
      this.#statements.insertLogEntry.run(
        threadId,
        eventIndex,
        stateHash,
        hash,
        seal,
        executionId,
        historyEventId,
        timeMs,
      );
    });
  }
}

/** The event of a row that must stand at a seq. The event is null when the row that holds it is gone. */
function readEvent(runId: RunId, seq: Seq, row: { readonly seq: Seq; readonly event: string | null }): Event {
  const place = `the log of run ${JSON.stringify(runId)} at seq ${seq}`;
  if (row.seq !== seq || row.event === null) throw new KernelError('LogCorrupt', `${place} is missing`, { seq });
  try {
    return parseEventText(row.event);
  } catch (error) {
    throw new KernelError('LogCorrupt', `${place} can't be read: ${messageOf(error)}`, { cause: error, seq });
  }
}

function readRun(runId: RunId, row: RunRow): StoredRun {
  if (row.position === null) throw badRun(runId, 'it has no position');
  return {
    runId,
    program: row.program,
    initialState: readJson(row.initial_state, (reason) => badRun(runId, `its initial state can't be read: ${reason}`)),
    genesisHash: row.genesis_hash,
    firstExecutionId: row.first_execution_id,
    startedAtMs: row.started_at_ms,
    head: row.head,
    position: readJson(row.position, (reason) => badRun(runId, `its position can't be read: ${reason}`)),
  };
}

function readJson(text: string, failure: (reason: string) => KernelError): Json {
  try {
    return sealJson(JSON.parse(text));
  } catch (error) {
    throw failure(messageOf(error));
  }
}

function badRun(runId: RunId, reason: string): KernelError {
  return new KernelError('LogCorrupt', `the record of run ${JSON.stringify(runId)} is not whole: ${reason}`);
}
