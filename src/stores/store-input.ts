/**
 * What a store is given, checked at the door, the same for every store.
 *
 * Guarantees: what comes out is JSON through and through, frozen, and holds the known fields only, so that it can be
 * kept as it is or printed without failing half-way. It must not look at what a store already holds.
 */
import { canonicalJson } from '../kernel/canonical-json';
import { KernelError } from '../kernel/error';
import type { Event } from '../kernel/event';
import { decodeEvent, encodeEvent, sealEvent } from '../kernel/event-wire';
import { logEntryOf } from '../kernel/execution-log';
import { RUN_ID_BYTES_MAX, type RunId, type Seq } from '../kernel/identity';
import { sealJson, sealRecord, type Json } from '../kernel/json';
import { lineageOf, type LogStep, type Origin, type RunRecord, type StoredLog } from '../kernel/log-store';
import type { Snapshot } from '../kernel/snapshot';

/** A step that is fit to be written, if it builds on what is stored. */
export interface CheckedStep {
  readonly run: RunRecord;
  readonly expectedHead: Seq;
  readonly entries: readonly StoredLog[];
  readonly snapshots: readonly Snapshot[];
  readonly position: Json;
  /** The position as canonical JSON. */
  readonly positionText: string;
  /** The expected position as canonical JSON: positions are compared as texts. */
  readonly expectedPositionText: string;
}

/**
 * A run id that a store can keep. Whether it is a good name is the kernel's affair (`assertRunId`); a store takes any
 * text of that length, the empty one too, as the reference does. A lone surrogate has no UTF-8, so two such ids could
 * become one, and a NUL ends a text in PostgreSQL.
 *
 * @throws KernelError `InvalidRunId`
 */
export function checkedRunId(runId: RunId): RunId {
  if (typeof runId !== 'string' || !isPlainText(runId)) {
    throw new KernelError('InvalidRunId', 'a store keeps runs under a text without lone surrogates and without NUL');
  }
  if (runId.length * 3 > RUN_ID_BYTES_MAX && Buffer.byteLength(runId) > RUN_ID_BYTES_MAX) {
    throw new KernelError('InvalidRunId', `a store keeps runs under a text of at most ${RUN_ID_BYTES_MAX} bytes`);
  }
  return runId;
}

/** Whether every database can keep a text as it is. */
function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/**
 * Copies of events, frozen; payloads are frozen in place and shared.
 *
 * @throws KernelError `InvalidEvent`
 */
export function checkedEvents(events: readonly Event[]): readonly Event[] {
  return events.map(sealEvent);
}

/**
 * A copy of a snapshot, frozen; the state is frozen in place and shared.
 *
 * @throws KernelError `InvalidRunId`, `SnapshotStore` for a seq that is none, `NotJson`
 */
export function checkedSnapshot({ runId, atSeq, state }: Snapshot): Snapshot {
  checkedRunId(runId);
  if (!Number.isSafeInteger(atSeq) || atSeq < 0) {
    throw new KernelError(
      'SnapshotStore',
      `a snapshot of run ${JSON.stringify(runId)} is at ${atSeq}, which is no seq`,
    );
  }
  return Object.freeze({ runId, atSeq, state: sealJson(state) });
}

/**
 * The first seq of a scan; a log begins at 1, so anything lower means "from the beginning".
 *
 * @throws KernelError `EventStore` for what is no seq
 */
export function checkedFrom(from: Seq): Seq {
  if (!Number.isSafeInteger(from))
    throw new KernelError('EventStore', `a scan can't begin at ${from}, which is no seq`);
  return Math.max(from, 1);
}

/**
 * A seq of a snapshot that is asked for: any number of that size, also one that no log has.
 *
 * @throws KernelError `SnapshotStore` for what is no seq
 */
export function checkedSeqOf(seq: Seq): Seq {
  if (!Number.isSafeInteger(seq))
    throw new KernelError('SnapshotStore', `no snapshot can be at ${seq}, which is no seq`);
  return seq;
}

/**
 * How many entries a page may have; null for all.
 *
 * @throws KernelError `EventStore` for what is no count
 */
export function checkedLimit(limit: number | undefined): number | null {
  if (limit === undefined) return null;
  if (!Number.isSafeInteger(limit) || limit < 0) throw new KernelError('EventStore', `a limit of ${limit} is no count`);
  return limit;
}

/**
 * A frozen copy of a step, checked as far as one can without the store: its entries follow the expected head without a
 * gap, everything in it belongs to its run, and its snapshots lie inside its log.
 *
 * @throws KernelError `EventStore` or `SnapshotCorrupt` for a step that hangs together badly, `InvalidEvent`, `NotJson`,
 *   `InvalidRunId`
 */
export function checkedStep(step: LogStep): CheckedStep {
  const runId = checkedRunId(step.run.runId);
  const { expectedHead } = step;
  if (!isCount(expectedHead)) throw badStep(runId, `the expected head ${expectedHead} is no seq`);
  const entries = step.entries.map((entry, index) => checkedEntry(runId, expectedHead + 1 + index, entry));
  const head = expectedHead + entries.length;
  const snapshots = step.snapshots.map((snapshot) => {
    const checked = checkedSnapshot(snapshot);
    if (checked.runId !== runId) throw badStep(runId, `it has a snapshot of run ${JSON.stringify(checked.runId)}`);
    if (checked.atSeq > head) {
      const place = `run ${JSON.stringify(runId)} has a snapshot at seq ${checked.atSeq}`;
      throw new KernelError('SnapshotCorrupt', `${place}, but its log ends at ${head}`);
    }
    return checked;
  });
  const position = sealRecord(step.position);
  return {
    run: checkedRun(step.run),
    expectedHead,
    entries,
    snapshots,
    position,
    positionText: canonicalJson(position),
    expectedPositionText: canonicalJson(step.expectedPosition),
  };
}

function checkedRun({
  runId,
  program,
  version,
  initialState,
  genesisHash,
  firstExecutionId,
  startedAtMs,
  ...lineage
}: RunRecord): RunRecord {
  if (!isCount(version) || version === 0) throw badStep(runId, `the program's version ${version} is none`);
  if (!Number.isSafeInteger(startedAtMs)) throw badStep(runId, `the run's start ${startedAtMs} is no time in whole ms`);
  const run: RunRecord = {
    runId,
    program,
    version,
    initialState,
    genesisHash,
    firstExecutionId,
    startedAtMs,
    ...lineageOf(lineage),
  };
  for (const [field, text] of Object.entries({ program, genesisHash, firstExecutionId }))
    assertText(runId, field, text);
  sealRecord(run);
  return run;
}

function checkedEntry(runId: RunId, seq: Seq, entry: StoredLog): StoredLog {
  if (entry.threadId !== runId) throw badStep(runId, `it has an entry of run ${JSON.stringify(entry.threadId)}`);
  if (entry.eventIndex !== seq) throw badStep(runId, `entry ${entry.eventIndex} stands where ${seq} must be`);
  const { executionId, historyEventId, timeMs } = entry.origin;
  if (!isCount(historyEventId)) throw badStep(runId, `entry ${seq} comes from history event ${historyEventId}`);
  if (!Number.isSafeInteger(timeMs)) throw badStep(runId, `the time ${timeMs} of entry ${seq} is not in whole ms`);
  const { stateHash, hash, seal } = entry;
  for (const [field, text] of Object.entries({ stateHash, hash, seal, executionId })) assertText(runId, field, text);
  const event = decodeEvent(encodeEvent(entry.event));
  const origin: Origin = { executionId, historyEventId, timeMs };
  const checked = storedLogOf(runId, seq, event, { ...entry, origin });
  sealRecord(checked);
  return checked;
}

/** The entry of an event with its hashes and origin; the step id is the event's own. */
export function storedLogOf(
  runId: RunId,
  seq: Seq,
  event: Event,
  { stateHash, hash, seal, origin }: Pick<StoredLog, 'stateHash' | 'hash' | 'seal' | 'origin'>,
): StoredLog {
  return { ...logEntryOf(runId, { seq, event }), stateHash, hash, seal, origin };
}

function assertText(runId: RunId, field: string, text: unknown): void {
  if (typeof text !== 'string' || !isPlainText(text)) throw badStep(runId, `its ${field} is no text that can be kept`);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function badStep(runId: RunId, reason: string): KernelError {
  return new KernelError('EventStore', `a step of run ${JSON.stringify(runId)} is refused: ${reason}`);
}
