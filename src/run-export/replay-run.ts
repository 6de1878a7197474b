/**
 * Replay of a stored log: its events through `reduce`, which must give the states whose hashes it has, and then the program asked
 * again at every step, which must ask for what the log says was asked for. Nothing is executed.
 */
import {
  hashOf,
  isKernelError,
  KernelError,
  messageOf,
  ownIdOf,
  redrive,
  type Hash,
  type Json,
  type LogStore,
  type Program,
  type RunId,
  type Seq,
  type SequencedEvent,
} from '../kernel';

/** What a replay came to. */
export interface ReplayReport {
  readonly runId: RunId;
  readonly program: string;
  readonly version: number;
  readonly ok: boolean;
  /** The last entry that was replayed. */
  readonly head: Seq;
  /** The state after it. */
  readonly state: Json;
  readonly stateHash: Hash;
  /** The first entry that would be another one, or lead to another state; null when there is none. */
  readonly problem: { readonly seq: Seq; readonly reason: string } | null;
}

/** Entries that are read from the store at once. */
const PAGE = 500;

/**
 * Replays a run.
 *
 * @param program the version of the program that the run was made with
 * @throws KernelError `RunNotFound` for a run that is not in the store; the store's
 */
export async function replayRun(store: LogStore, runId: RunId, program: Program): Promise<ReplayReport> {
  const run = await store.loadRun(runId);
  if (run === null) throw new KernelError('RunNotFound', `run ${runId} is not in the store`);
  const events: SequencedEvent[] = [];
  let state = run.initialState;
  const report = (problem: ReplayReport['problem']): ReplayReport => {
    const { name, version } = program;
    const [head, stateHash] = [events.length, hashOf(state)];
    return { runId, program: name, version, ok: problem === null, head, state, stateHash, problem };
  };
  while (events.length < run.head) {
    const page = await store.scanLog(runId, events.length + 1, PAGE);
    if (page.length === 0) return report({ seq: events.length + 1, reason: `entry ${events.length + 1} is missing` });
    for (const { eventIndex: seq, event, stateHash } of page) {
      try {
        state = program.reduce(state, event, seq);
      } catch (error) {
        if (!isKernelError(error)) throw error;
        return report({ seq, reason: messageOf(error) });
      }
      events.push({ seq, event });
      if (hashOf(state) !== stateHash)
        return report({ seq, reason: `the state after entry ${seq} is another one now` });
    }
  }
  try {
    redrive(program, ownIdOf(run), run.initialState, events);
    return report(null);
  } catch (error) {
    if (!isKernelError(error)) throw error;
    return report({ seq: error.seq ?? events.length, reason: messageOf(error) });
  }
}
