/**
 * Verification: three checks that know nothing of each other. The *chain*: what the store has gives the hashes that it has. The
 * *fold*: the whole history is folded again, what was scheduled is what the program asks for, inputs and results included, and
 * every stored byte is what the fold gives. The *replay*: the real workflow code, run by Temporal on the history, makes the same log.
 * A difference is named by its place: the seq of the log, and the history event behind it.
 */
import {
  canonicalJson,
  isKernelError,
  messageOf,
  ownIdOf,
  type LogStore,
  type ProgramSet,
  type RunId,
  type RunRecord,
} from '../kernel';
import type { ReplayedEntry } from '../protocol';
import { readChain, readStart } from './chain-reader';
import { pathTo } from './execution-path';
import type { HistoryDecoder } from './history-decoder';
import type { HistoryEvent } from './history-event';
import type { HistorySource } from './history-source';
import { LogComparison, type Verdict } from './log-comparison';
import type { LogReplay } from './log-replay';
import { RunFold } from './run-fold';

/** What is verified, and against what. */
export interface VerifyParts {
  readonly runId: RunId;
  readonly source: HistorySource;
  readonly decoder: HistoryDecoder;
  readonly programs: ProgramSet;
  readonly store: LogStore;
  /** The workflow code, for the replay; null to leave that check out. */
  readonly replay: LogReplay | null;
}

/** Verifies a run's stored log against its history. */
export async function verifyRun(parts: VerifyParts): Promise<Verdict> {
  const comparison = new LogComparison(parts.store, parts.runId, parts.replay !== null);
  const executions: string[] = [];
  try {
    const stored = await parts.store.loadRun(parts.runId);
    if (stored === null) {
      comparison.problem('chain', null, null, `run ${parts.runId} is not in the store: mirror it first`);
      return comparison.verdict('');
    }
    const { branch } = stored;
    const ownId = ownIdOf(stored);
    const path =
      branch?.type === 'reset'
        ? await pathTo(parts.source, ownId, branch.executionId)
        : { executions: [stored.firstExecutionId], reset: null };
    const { program, run } = await readStart(parts.source, parts.decoder, parts.programs, ownId, path, branch);
    comparison.expectHead(stored.head);
    if (canonicalJson(recordOf(stored)) !== canonicalJson(recordOf(run))) {
      comparison.problem('fold', 0, 1, 'the run began otherwise than the store says');
    }
    comparison.begin(run.genesisHash);
    await comparison.readStored();
    const { decoder } = parts;
    const fold = RunFold.start({ program, tenant: parts.store.tenant, decoder, output: comparison }, run);
    executions.push(run.firstExecutionId);
    await readChain(parts.source, parts.decoder, fold, path.executions, () => {
      comparison.comparePosition(stored.position, fold.position());
      if (executions.at(-1) !== fold.executionId) executions.push(fold.executionId);
      return Promise.resolve();
    });
    comparison.finish();
    await comparison.checkSnapshots();
    await checkReplay(parts, executions, comparison);
    return comparison.verdict(fold.hash);
  } catch (error) {
    if (!isKernelError(error)) throw error;
    const eventId = isKernelError(error, 'HistoryMismatch') ? /event (\d+) /.exec(error.message)?.[1] : undefined;
    comparison.problem('fold', error.seq, eventId === undefined ? null : Number(eventId), messageOf(error));
    await checkReplay(parts, executions, comparison);
    return comparison.verdict('');
  }
}

/** Runs the real code on the histories of the run's executions, in order, and compares the log that it makes. */
async function checkReplay(
  { replay, source, runId: logId, store }: VerifyParts,
  executions: readonly string[],
  comparison: LogComparison,
): Promise<void> {
  if (replay === null) return;
  const stored = await store.loadRun(logId);
  const runId = stored === null ? logId : ownIdOf(stored);
  let made = 0;
  for (const executionId of executions) {
    const events: HistoryEvent[] = [];
    for await (const event of source.eventsAfter(runId, executionId, 0)) events.push(event);
    let entries: readonly ReplayedEntry[];
    try {
      entries = await replay.entries(runId, events);
    } catch (error) {
      comparison.problem(
        'replay',
        made + 1,
        null,
        `Temporal's replay of execution ${executionId}: ${messageOf(error)}`,
      );
      return;
    }
    for (const entry of entries) comparison.replayed(entry);
    made += entries.length;
  }
  comparison.replayEnded(made);
}

/** The record alone: what a store gives of a run has more in it. */
function recordOf(run: RunRecord): RunRecord {
  const { runId, program, version, initialState, genesisHash, firstExecutionId, startedAtMs, parent, branch } = run;
  return { runId, program, version, initialState, genesisHash, firstExecutionId, startedAtMs, parent, branch };
}
