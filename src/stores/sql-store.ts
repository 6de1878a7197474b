/**
 * A log store on a SQL database. It says what is read, decided and written; `SqlDatabase` runs it.
 *
 * Guarantees: every statement names the store's tenant; what can't be read back is named by run and seq; long reads go
 * page by page. It must not know which database it is on.
 */
import { canonicalJson } from '../kernel/canonical-json';
import type { Event, SequencedEvent } from '../kernel/event';
import { eventText } from '../kernel/event-wire';
import type { RunId, Seq } from '../kernel/identity';
import { lineageOf, type LogStep, type LogStore, type StoredLog, type StoredRun } from '../kernel/log-store';
import type { Snapshot } from '../kernel/snapshot';
import type { TenantId } from '../kernel/tenant';
import type { Change, SqlDatabase, StorePart } from './sql-database';
import { missing, positionOf, readEvent, readLog, readRun, readSnapshot } from './sql-rows';
import type { BoundStatement } from './sql-statement';
import { logStatements, type LogStatements, type RunKey, type StandingRow } from './sql-statements';
import {
  checkedEvents,
  checkedFrom,
  checkedLimit,
  checkedRunId,
  checkedSeqOf,
  checkedSnapshot,
  checkedStep,
  type CheckedStep,
} from './store-input';
import { assertAppendFits, assertStepFits, type Standing } from './store-precondition';

/** Rows that are read at once: enough that the journey costs little, few enough to stand in memory twice. */
const PAGE_ROWS = 500;

/** Keeps one tenant's runs in a SQL database. Payloads and states given to it are frozen in place. */
export abstract class SqlStore implements LogStore {
  /** What the store stands on, for further stores of the same tenant on the same database. */
  readonly database: SqlDatabase;
  readonly #statements: LogStatements;

  protected constructor(database: SqlDatabase) {
    this.database = database;
    this.#statements = logStatements(database.build);
  }

  /** The tenant that the store was opened for. */
  get tenant(): TenantId {
    return this.database.tenant;
  }

  /**
   * Appends all events or none: see {@link EventStore.append}.
   *
   * @throws KernelError `HeadConflict`, `InvalidEvent`, `InvalidRunId`; `RunAlreadyStarted` for a mirrored run; `StoreBusy`,
   *   `OutcomeUnknown` or `EventStore` when the database can't be written
   */
  async append(runId: RunId, events: readonly Event[], expectedHead: Seq | null = null): Promise<Seq> {
    return await this.#attempt('EventStore', 'append to', runId, async (key) => {
      const texts = checkedEvents(events).map(eventText);
      return await this.#changeLog(key, (standing) => {
        assertAppendFits(runId, texts.length, expectedHead, standing);
        const rows = texts.map((event, index) => ({
          tenant_id: key.tenant,
          run_id: runId,
          seq: standing.head + 1 + index,
          event,
        }));
        return { writes: this.#statements.insertPlainEvents(rows), value: standing.head + rows.length };
      });
    });
  }

  /**
   * The events from a seq on (inclusive), ascending, at most `limit`.
   *
   * @throws KernelError `LogCorrupt` naming run and seq of an event that is missing or can't be read; `EventStore` for a
   *   seq or limit that is none, or when the database can't be read; `InvalidRunId`
   */
  async scan(runId: RunId, from: Seq, limit?: number): Promise<readonly SequencedEvent[]> {
    return await this.#attempt(
      'EventStore',
      'scan',
      runId,
      async (key) =>
        await this.#pages(checkedFrom(from), checkedLimit(limit), async (first, count, events: SequencedEvent[]) => {
          const [rows] = await this.database.read(this.#statements.scanEvents({ ...key, from: first, limit: count }));
          rows.forEach((row, index) => events.push(readEvent(runId, first + index, row)));
          return rows.length;
        }),
    );
  }

  /**
   * The highest seq of the run; 0 when it has no events.
   *
   * @throws KernelError `EventStore` when the database can't be read; `InvalidRunId`
   */
  async head(runId: RunId): Promise<Seq> {
    return await this.#attempt('EventStore', 'read the head of', runId, async (key) => {
      const [[row]] = await this.database.read(this.#statements.head(key));
      return row?.head ?? 0;
    });
  }

  /**
   * The snapshot with the highest seq (that is at most `atOrBefore`); null if there is none.
   *
   * @throws KernelError `SnapshotCorrupt` naming run and seq of a snapshot that can't be read; `SnapshotStore` when the
   *   database can't be read; `InvalidRunId`
   */
  async loadLatest(runId: RunId, atOrBefore: Seq = Number.MAX_SAFE_INTEGER): Promise<Snapshot | null> {
    return await this.#attempt('SnapshotStore', 'load a snapshot of', runId, async (key) => {
      const seq = checkedSeqOf(atOrBefore);
      const [[row]] = await this.database.read(this.#statements.snapshotAtOrBefore({ ...key, seq }));
      return row === undefined ? null : readSnapshot(runId, row);
    });
  }

  /**
   * Saves a snapshot; one of the same run and seq is replaced.
   *
   * @throws KernelError `InvalidRunId`, `NotJson`; `SnapshotStore` for a seq that is none, or when the database can't be
   *   written
   */
  async save(snapshot: Snapshot): Promise<void> {
    await this.#attempt('SnapshotStore', 'save a snapshot of', snapshot.runId, async (key) => {
      const write = this.#putSnapshot(key, checkedSnapshot(snapshot));
      await this.#change(key, { reads: [], decide: () => ({ writes: [write], value: null }) });
    });
  }

  /**
   * Drops the snapshots before a seq, but never the run's last one: see {@link SnapshotStore.prune}.
   *
   * @throws KernelError `InvalidRunId`; `SnapshotStore` for a seq that is none, or when the database can't be written
   */
  async prune(runId: RunId, before: Seq): Promise<number> {
    return await this.#attempt('SnapshotStore', 'prune the snapshots of', runId, async (key) => {
      const [[row]] = await this.database.read(this.#statements.lastSnapshot(key));
      // The last one may be replaced or followed by others meanwhile; it can't be dropped.
      const seq = Math.min(checkedSeqOf(before), row?.at_seq ?? 0);
      return await this.#change(key, {
        reads: [this.#statements.countSnapshotsBefore({ ...key, seq })],
        decide: ([[counted]]) => ({
          writes: [this.#statements.dropSnapshotsBefore({ ...key, seq })],
          value: counted?.count ?? 0,
        }),
      });
    });
  }

  /**
   * The run, or null when no step of it was ever written.
   *
   * @throws KernelError `LogCorrupt` naming a run whose record can't be read; `EventStore` when the database can't be
   *   read; `InvalidRunId`
   */
  async loadRun(runId: RunId): Promise<StoredRun | null> {
    return await this.#attempt('EventStore', 'load', runId, async (key) => {
      const [[row]] = await this.database.read(this.#statements.loadRun(key));
      return row === undefined ? null : readRun(runId, row);
    });
  }

  /**
   * Writes one step in one transaction: see {@link LogStore.writeStep}.
   *
   * @throws KernelError `HeadConflict`; `RunAlreadyStarted` when another run of that id is stored; `EventStore`,
   *   `SnapshotCorrupt`, `InvalidEvent`, `NotJson` or `InvalidRunId` for a step that can't be right; `LogCorrupt` when the
   *   stored log has lost its end; `StoreBusy`, `OutcomeUnknown` or `EventStore` when the database can't be written
   */
  async writeStep(step: LogStep): Promise<void> {
    await this.#attempt('EventStore', 'write a step of', step.run.runId, async (key) => {
      const checked = checkedStep(step);
      // Printed before the transaction, so that other writers wait for the disk only.
      const writes = this.#writesOf(key, checked);
      const insertRun = this.#insertRun(key, checked);
      await this.#changeLog(key, (standing) => {
        assertStepFits(checked, standing);
        return { writes: standing.run === null ? [insertRun, ...writes] : writes, value: null };
      });
    });
  }

  /**
   * The entries from a seq on (inclusive), ascending, at most `limit`.
   *
   * @throws KernelError `LogCorrupt` naming run and seq of an entry that is missing or can't be read; `EventStore` for a
   *   seq or limit that is none, or when the database can't be read; `InvalidRunId`
   */
  async scanLog(runId: RunId, from: Seq, limit?: number): Promise<readonly StoredLog[]> {
    return await this.#attempt(
      'EventStore',
      'scan the log of',
      runId,
      async (key) =>
        await this.#pages(checkedFrom(from), checkedLimit(limit), async (first, count, entries: StoredLog[]) => {
          const [rows] = await this.database.read(this.#statements.scanLog({ ...key, from: first, limit: count }));
          rows.forEach((row, index) => entries.push(readLog(runId, first + index, row)));
          return rows.length;
        }),
    );
  }

  /**
   * Closes what is open; a second time does nothing. Every other call fails from then on, with `EventStore` or
   * `SnapshotStore`.
   *
   * @throws KernelError `EventStore` when it can't be closed
   */
  async close(): Promise<void> {
    try {
      await this.database.close();
    } catch (error) {
      throw this.database.failure('EventStore', `close ${this.database.place}`, error);
    }
  }

  async #attempt<T>(part: StorePart, task: string, runId: RunId, work: (key: RunKey) => Promise<T>): Promise<T> {
    try {
      return await work({ tenant: this.tenant, runId: checkedRunId(runId) });
    } catch (error) {
      throw this.database.failure(part, `${task} run ${JSON.stringify(runId)} in ${this.database.place}`, error);
    }
  }

  async #change<Reads extends readonly BoundStatement[], T>(
    { runId }: RunKey,
    { reads, decide }: Pick<Change<Reads, T>, 'reads' | 'decide'>,
  ): Promise<T> {
    return await this.database.change({ key: `run ${runId}`, reads, decide });
  }

  /** A change of a run's log, decided by where it stands. */
  async #changeLog<T>(
    key: RunKey,
    decide: (standing: Standing) => { readonly writes: readonly BoundStatement[]; readonly value: T },
  ): Promise<T> {
    return await this.#change(key, {
      reads: [this.#statements.standing(key)],
      decide: ([[row]]) => decide(standingOf(key.runId, row)),
    });
  }

  #insertRun({ tenant }: RunKey, { run }: CheckedStep): BoundStatement {
    return this.#statements.insertRun({
      tenant_id: tenant,
      run_id: run.runId,
      program: run.program,
      version: run.version,
      initial_state: canonicalJson(run.initialState),
      genesis_hash: run.genesisHash,
      first_execution_id: run.firstExecutionId,
      started_at_ms: run.startedAtMs,
      lineage: canonicalJson(lineageOf(run)),
    });
  }

  #writesOf(key: RunKey, { expectedHead, entries, snapshots, positionText }: CheckedStep): BoundStatement[] {
    const row = { tenant_id: key.tenant, run_id: key.runId };
    const events = entries.map(({ eventIndex, event, stateHash, hash, seal, origin }) => ({
      ...row,
      seq: eventIndex,
      event: eventText(event),
      state_hash: stateHash,
      hash,
      seal,
      execution_id: origin.executionId,
      history_event_id: origin.historyEventId,
      time_ms: origin.timeMs,
    }));
    return [
      ...this.#statements.insertEvents(events),
      ...snapshots.map((snapshot) => this.#putSnapshot(key, snapshot)),
      this.#statements.putPosition({ ...row, head: expectedHead + entries.length, position: positionText }),
    ];
  }

  #putSnapshot({ tenant, runId }: RunKey, { atSeq, state }: Snapshot): BoundStatement {
    return this.#statements.putSnapshot({
      tenant_id: tenant,
      run_id: runId,
      at_seq: atSeq,
      state: canonicalJson(state),
    });
  }

  /** Reads page by page until there is nothing more, or enough. */
  async #pages<T>(
    from: Seq,
    limit: number | null,
    readPage: (first: Seq, count: number, read: T[]) => Promise<number>,
  ): Promise<readonly T[]> {
    const all: T[] = [];
    for (let left = limit ?? Number.MAX_SAFE_INTEGER; left > 0;) {
      const count = Math.min(left, PAGE_ROWS);
      const read = await readPage(from + all.length, count, all);
      if (read < count) break;
      left -= read;
    }
    return all;
  }
}

function standingOf(runId: RunId, row: StandingRow | undefined): Standing {
  const head = row?.head ?? 0;
  if (row === undefined || row.genesis_hash === null || row.first_execution_id === null) return { head, run: null };
  const { genesis_hash: genesisHash, first_execution_id: firstExecutionId } = row;
  const recorded = positionOf(runId, { head: row.recorded_head, position: row.position });
  if (recorded.head !== head) throw missing(runId, Math.min(recorded.head, head) + 1);
  return { head, run: { firstExecutionId, genesisHash, positionText: recorded.position } };
}
