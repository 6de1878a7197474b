/**
 * The statements of the SQLite store, prepared once per handle, with the rows that they give.
 *
 * Guarantees: every value is a bound parameter. A statement reads what belongs together at once, so that no other writer
 * gets in between. It must not decide anything.
 */
import type Database from 'better-sqlite3';
import type { RunId, Seq } from '../kernel/identity';

/** A run with its head and position. The types hold because the tables are STRICT; the texts may still be damaged. */
export interface RunRow {
  readonly program: string;
  readonly initial_state: string;
  readonly genesis_hash: string;
  readonly first_execution_id: string;
  readonly started_at_ms: number;
  readonly head: Seq;
  /** Null only when the row that holds it is gone. */
  readonly position: string | null;
}

/** An event. */
export interface EventRow {
  readonly seq: Seq;
  readonly event: string;
}

/** A log entry with its event. */
export interface LogEntryRow {
  readonly seq: Seq;
  /** Null only when the row that holds it is gone. */
  readonly event: string | null;
  readonly state_hash: string;
  readonly hash: string;
  readonly seal: string;
  readonly execution_id: string;
  readonly history_event_id: number;
  readonly time_ms: number;
}

/** A snapshot. */
export interface SnapshotRow {
  readonly at_seq: Seq;
  readonly state: string;
}

/** The prepared statements of one handle. Parameters are in the order of the columns. */
export interface Statements {
  readonly head: Database.Statement<[RunId], { readonly head: Seq }>;
  readonly insertEvent: Database.Statement<[RunId, Seq, string]>;
  readonly scanEvents: Database.Statement<[RunId, Seq], EventRow>;
  readonly insertRun: Database.Statement<[RunId, string, string, string, string, number]>;
  readonly loadRun: Database.Statement<[RunId], RunRow>;
  readonly putPosition: Database.Statement<[RunId, string]>;
  readonly insertLogEntry: Database.Statement<[RunId, Seq, string, string, string, string, number, number]>;
  readonly scanLog: Database.Statement<[RunId, Seq, number], LogEntryRow>;
  readonly putSnapshot: Database.Statement<[RunId, Seq, string]>;
  readonly latestSnapshot: Database.Statement<[RunId, Seq], SnapshotRow>;
}

/** Prepares the statements on a file with the newest schema. */
export function prepareStatements(db: Database.Database): Statements {
  return {
    head: db.prepare('SELECT coalesce(max(seq), 0) AS head FROM events WHERE run_id = ?'),
    insertEvent: db.prepare('INSERT INTO events (run_id, seq, event) VALUES (?, ?, ?)'),
    scanEvents: db.prepare('SELECT seq, event FROM events WHERE run_id = ? AND seq >= ? ORDER BY seq'),
    insertRun: db.prepare(
      `INSERT INTO runs (run_id, program, initial_state, genesis_hash, first_execution_id, started_at_ms)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ),
    loadRun: db.prepare(
      `SELECT program, initial_state, genesis_hash, first_execution_id, started_at_ms, position,
              (SELECT coalesce(max(seq), 0) FROM events WHERE events.run_id = runs.run_id) AS head
       FROM runs LEFT JOIN positions USING (run_id) WHERE run_id = ?`,
    ),
    putPosition: db.prepare(
      `INSERT INTO positions (run_id, position) VALUES (?, ?)
       ON CONFLICT (run_id) DO UPDATE SET position = excluded.position`,
    ),
    insertLogEntry: db.prepare(
      `INSERT INTO log_entries (run_id, seq, state_hash, hash, seal, execution_id, history_event_id, time_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    scanLog: db.prepare(
      `SELECT seq, event, state_hash, hash, seal, execution_id, history_event_id, time_ms
       FROM log_entries LEFT JOIN events USING (run_id, seq) WHERE run_id = ? AND seq >= ? ORDER BY seq LIMIT ?`,
    ),
    putSnapshot: db.prepare(
      `INSERT INTO snapshots (run_id, at_seq, state) VALUES (?, ?, ?)
       ON CONFLICT (run_id, at_seq) DO UPDATE SET state = excluded.state`,
    ),
    latestSnapshot: db.prepare(
      'SELECT at_seq, state FROM snapshots WHERE run_id = ? AND at_seq <= ? ORDER BY at_seq DESC LIMIT 1',
    ),
  };
}
