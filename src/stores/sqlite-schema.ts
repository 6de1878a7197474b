/**
 * The schema of the SQLite store, as the list of steps that lead to it.
 *
 * Guarantees: the database itself refuses to change or delete what happened, and to leave a gap in a run, whoever
 * writes to it (`INSERT OR REPLACE` too, which fires no delete trigger: hence the insert triggers). A migration that was
 * released is never edited; a new one is added at the end.
 */

/** Marks the file as this store's ("TKLG"), so that nobody else's database is taken for it. */
export const APPLICATION_ID = 0x54_4b_4c_47;

/** The first migration leads from an empty file to version 1, the next to version 2, and so on (`user_version`). */
export const SCHEMA_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    run_id TEXT NOT NULL PRIMARY KEY,
    program TEXT NOT NULL,
    initial_state TEXT NOT NULL,
    genesis_hash TEXT NOT NULL,
    first_execution_id TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE positions (
    run_id TEXT NOT NULL PRIMARY KEY REFERENCES runs (run_id),
    position TEXT NOT NULL
  ) STRICT;

  CREATE TABLE events (
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL CHECK (seq >= 1),
    event TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
  ) STRICT;

  CREATE TABLE log_entries (
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    seq INTEGER NOT NULL,
    state_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    seal TEXT NOT NULL,
    execution_id TEXT NOT NULL,
    history_event_id INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    PRIMARY KEY (run_id, seq),
    FOREIGN KEY (run_id, seq) REFERENCES events (run_id, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE snapshots (
    run_id TEXT NOT NULL,
    at_seq INTEGER NOT NULL CHECK (at_seq >= 0),
    state TEXT NOT NULL,
    PRIMARY KEY (run_id, at_seq)
  ) STRICT;

  CREATE TRIGGER runs_once BEFORE INSERT ON runs
    WHEN EXISTS (SELECT 1 FROM runs WHERE run_id = NEW.run_id)
    BEGIN SELECT RAISE(ABORT, 'a run is recorded once'); END;
  CREATE TRIGGER runs_no_update BEFORE UPDATE ON runs
    BEGIN SELECT RAISE(ABORT, 'a run is never changed'); END;
  CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs
    BEGIN SELECT RAISE(ABORT, 'a run is never deleted'); END;

  CREATE TRIGGER events_in_order BEFORE INSERT ON events
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM events WHERE run_id = NEW.run_id)
    BEGIN SELECT RAISE(ABORT, 'an event has the seq after its run''s head'); END;
  CREATE TRIGGER events_no_update BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;
  CREATE TRIGGER events_no_delete BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END;

  CREATE TRIGGER log_entries_in_order BEFORE INSERT ON log_entries
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM log_entries WHERE run_id = NEW.run_id)
    BEGIN SELECT RAISE(ABORT, 'a log entry has the seq after its run''s last one'); END;
  CREATE TRIGGER log_entries_no_update BEFORE UPDATE ON log_entries
    BEGIN SELECT RAISE(ABORT, 'a log entry is never changed'); END;
  CREATE TRIGGER log_entries_no_delete BEFORE DELETE ON log_entries
    BEGIN SELECT RAISE(ABORT, 'a log entry is never deleted'); END;
  `,
];
