/** A run that can be read: its stored log, and beside it what else is known of it. */
import {
  KernelError,
  type DefinedProgram,
  type Json,
  type LogStore,
  type RunId,
  type Seq,
  type StoredLog,
  type StoredRun,
} from '../kernel';
import type { BurstUnderWay, HistorySource } from '../mirror';

/** Where a run is read from. */
export type Origin = 'server' | 'store' | 'history' | 'export';

/** A run that was opened for reading. */
export interface OpenedRun {
  readonly run: StoredRun;
  readonly store: LogStore;
  readonly from: Origin;
  /** The histories that its log was folded from; null where there are none. */
  readonly source: HistorySource | null;
  /** The version of the program that it was made with; null where that is not known here. */
  readonly program: DefinedProgram | null;
  /** The burst that it is in; null when it is in none, or is read from elsewhere than the server. */
  readonly burst: () => Promise<BurstUnderWay | null>;
  /** Opens a run that this one started, from where this one was read; null where it is not there. */
  readonly child: (runId: RunId) => Promise<OpenedRun | null>;
}

/** Entries that are read from a store at once. */
const PAGE = 500;

/** The entries of a run from one seq to another, both inclusive, in order. */
export async function* entriesOf(
  { store, run }: Pick<OpenedRun, 'store' | 'run'>,
  from: Seq = 1,
  to: Seq = run.head,
): AsyncGenerator<StoredLog, void, undefined> {
  for (let next = from; next <= to;) {
    const page = await store.scanLog(run.runId, next, Math.min(PAGE, to - next + 1));
    if (page.length === 0)
      throw new KernelError('LogCorrupt', `entry ${next} of ${run.runId} is missing`, { seq: next });
    yield* page;
    next += page.length;
  }
}

/** One entry. @throws KernelError `SeqBeyondLog` */
export async function entryAt({ store, run }: Pick<OpenedRun, 'store' | 'run'>, seq: Seq): Promise<StoredLog> {
  const [entry] = seq < 1 ? [] : await store.scanLog(run.runId, seq, 1);
  if (entry !== undefined) return entry;
  throw new KernelError('SeqBeyondLog', `run ${run.runId} has no entry ${seq}: its log ends at ${run.head}`);
}

/**
 * The state after an entry: that of a snapshot, or what the program makes of the last snapshot before and the log since. Null where
 * the program would be needed and is not known.
 *
 * @param seq 0 for the state that the run began with
 */
export async function stateAt(opened: OpenedRun, seq: Seq): Promise<{ readonly state: Json } | null> {
  const { run, store, program } = opened;
  if (seq > run.head) await entryAt(opened, seq);
  const snapshot = seq === 0 ? null : await store.loadLatest(run.runId, seq);
  let state = snapshot?.state ?? run.initialState;
  const from = (snapshot?.atSeq ?? 0) + 1;
  if (from > seq) return { state };
  if (program === null) return null;
  for await (const { eventIndex, event } of entriesOf(opened, from, seq))
    state = program.reduce(state, event, eventIndex);
  return { state };
}
