/**
 * What rows say: read back with care, because a file can be damaged and a row tampered with.
 *
 * Guarantees: what can't be read is an error that names run and seq; a row is never skipped.
 */
import { KernelError, messageOf } from '../kernel/error';
import type { Event, SequencedEvent } from '../kernel/event';
import { parseEventText } from '../kernel/event-wire';
import type { RunId, Seq } from '../kernel/identity';
import { sealJson, type Json } from '../kernel/json';
import type { RunLineage, StoredLog, StoredRun } from '../kernel/log-store';
import type { Snapshot } from '../kernel/snapshot';
import type { EventTable, RunTable, SnapshotTable } from './sql-schema';
import { storedLogOf } from './store-input';

/** A row of `runs` with its position, which is null only when the row that holds it is gone. */
export type RunRow = Omit<RunTable, 'tenant_id' | 'run_id'> & {
  readonly head: Seq | null;
  readonly position: string | null;
};

type EventRow = Pick<EventTable, 'seq' | 'event'>;
type LogRow = Omit<EventTable, 'tenant_id' | 'run_id'>;

/** The event of a row that must stand at a seq. */
export function readEvent(runId: RunId, seq: Seq, row: EventRow): SequencedEvent {
  return { seq, event: eventIn(runId, seq, row) };
}

/** The entry of a row that must stand at a seq. */
export function readLog(runId: RunId, seq: Seq, row: LogRow): StoredLog {
  const event = eventIn(runId, seq, row);
  const { state_hash: stateHash, hash, seal } = row;
  const { execution_id: executionId, history_event_id: historyEventId, time_ms: timeMs } = row;
  if (stateHash === null || hash === null || seal === null) throw badEntry(runId, seq, 'it has no hashes');
  if (executionId === null || historyEventId === null || timeMs === null)
    throw badEntry(runId, seq, 'it has no origin');
  return storedLogOf(runId, seq, event, { stateHash, hash, seal, origin: { executionId, historyEventId, timeMs } });
}

/** The run of a row. */
export function readRun(runId: RunId, row: RunRow): StoredRun {
  const { head, position } = positionOf(runId, row);
  return {
    runId,
    program: row.program,
    version: row.version,
    initialState: readJson(row.initial_state, (reason) => badRun(runId, `its initial state can't be read: ${reason}`)),
    genesisHash: row.genesis_hash,
    firstExecutionId: row.first_execution_id,
    startedAtMs: row.started_at_ms,
    ...readLineage(runId, row),
    head,
    position: readJson(position, (reason) => badRun(runId, `its position can't be read: ${reason}`)),
  };
}

function readLineage(runId: RunId, row: RunRow): RunLineage {
  const lineage = readJson(row.lineage, (reason) => badRun(runId, `its lineage can't be read: ${reason}`));
  // Records of earlier versions say less.
  return { startedBy: null, forkedFrom: null, ...(lineage as unknown as Pick<RunLineage, 'parent' | 'branch'>) };
}

/** Where a run's mirror stands, as text. */
export function positionOf(
  runId: RunId,
  row: Pick<RunRow, 'head' | 'position'>,
): { readonly head: Seq; readonly position: string } {
  const { head, position } = row;
  if (head === null || position === null) throw badRun(runId, 'it has no position');
  return { head, position };
}

/** The snapshot of a row. */
export function readSnapshot(runId: RunId, row: Pick<SnapshotTable, 'at_seq' | 'state'>): Snapshot {
  const seq = row.at_seq;
  const state = readJson(row.state, (reason, cause) => {
    const place = `the snapshot of run ${JSON.stringify(runId)} at seq ${seq}`;
    return new KernelError('SnapshotCorrupt', `${place} can't be read: ${reason}`, { cause, seq });
  });
  return { runId, atSeq: seq, state };
}

/** A log that ends before its record says so. */
export function missing(runId: RunId, seq: Seq): KernelError {
  return new KernelError('LogCorrupt', `the log of run ${JSON.stringify(runId)} at seq ${seq} is missing`, { seq });
}

function eventIn(runId: RunId, seq: Seq, row: EventRow): Event {
  if (row.seq !== seq) throw missing(runId, seq);
  try {
    return parseEventText(row.event);
  } catch (error) {
    throw badEntry(runId, seq, messageOf(error), error);
  }
}

function readJson(text: string, failure: (reason: string, cause: unknown) => KernelError): Json {
  try {
    return sealJson(JSON.parse(text));
  } catch (error) {
    throw failure(messageOf(error), error);
  }
}

function badEntry(runId: RunId, seq: Seq, reason: string, cause?: unknown): KernelError {
  const place = `the log of run ${JSON.stringify(runId)} at seq ${seq}`;
  return new KernelError('LogCorrupt', `${place} can't be read: ${reason}`, { cause, seq });
}

function badRun(runId: RunId, reason: string): KernelError {
  return new KernelError('LogCorrupt', `the record of run ${JSON.stringify(runId)} is not whole: ${reason}`);
}
