/**
 * Verification: three checks that know nothing of each other. The *chain*: what the store has gives the hashes that it has. The
 * *fold*: the whole history is folded again, what was scheduled is what the program asks for, inputs and results included, and
 * every stored byte is what the fold gives. The *replay*: the real workflow code, run by Temporal on the history, makes the same log.
 * A difference is named by its place: the seq of the log, and the history event behind it.
 */
import {
  canonicalJson,
  isKernelError,
  lineageOf,
  messageOf,
  ownIdOf,
  type KernelError,
  type LogStore,
  type ProgramSet,
  type RunId,
  type RunRecord,
} from '../kernel';
import { readChain, readStart } from './chain-reader';
import { pathTo } from './execution-path';
import type { HistoryDecoder } from './history-decoder';
import type { HistoryEvent } from './history-event';
import { HistoryOrder } from './history-order';
import type { HistorySource } from './history-source';
import { LogComparison, type Verdict } from './log-comparison';
import type { ExecutionHistory, LogReplay } from './log-replay';
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
    const { program, run, tenant } = await readStart(parts.source, parts.decoder, parts.programs, ownId, path, branch);
    comparison.expectHead(stored.head);
    if (canonicalJson(recordOf(stored)) !== canonicalJson(recordOf(run))) {
      comparison.problem('fold', 0, 1, 'the run began otherwise than the store says');
    }
    if (tenant !== parts.store.tenant) comparison.problem('fold', 0, 1, `the run is of tenant ${tenant}`);
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
    comparison.finish(stored.position);
    await comparison.checkSnapshots();
    await checkReplay(parts, executions, comparison);
    return comparison.verdict(fold.hash);
  } catch (error) {
    if (!isKernelError(error)) throw error;
    const named = eventIdIn(error);
    // Before the first activation was folded, what is wrong is wrong with the beginning.
    const eventId = named ?? (executions.length === 0 ? 1 : null);
    comparison.problem('fold', error.seq, eventId, messageOf(error));
    await checkReplay(parts, executions, comparison);
    return comparison.verdict('');
  }
}

/** The history event that an error names. */
function eventIdIn({ message }: KernelError): number | null {
  const named = /\bevent (\d+)\b/.exec(message)?.[1];
  return named === undefined ? null : Number(named);
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
  const histories = async function* (): AsyncGenerator<ExecutionHistory> {
    for (const executionId of executions) {
      const events: HistoryEvent[] = [];
      const order = new HistoryOrder(0);
      try {
        for await (const event of source.eventsAfter(runId, executionId, 0)) {
          order.check(event);
          events.push(event);
        }
      } catch (error) {
        // Temporal's core panics over what is no history, and whoever asked it waits for ever.
        if (!isKernelError(error)) throw error;
        comparison.problem('replay', null, eventIdIn(error), `it is not replayed: ${messageOf(error)}`);
        return;
      }
      yield { runId, events };
    }
  };
  let made = 0;
  let replayed = 0;
  for await (const { entries, error } of replay.replays(histories())) {
    if (error !== null) {
      const reason = `Temporal's replay of execution ${executions[replayed]}: ${messageOf(error)}`;
      comparison.problem('replay', made + 1, null, reason);
      return;
    }
    for (const entry of entries) comparison.replayed(entry);
    made += entries.length;
    replayed += 1;
  }
  comparison.replayEnded(made);
}

/** The record alone: what a store gives of a run has more in it. */
function recordOf(run: RunRecord): RunRecord {
  const { runId, program, version, initialState, genesisHash, firstExecutionId, startedAtMs } = run;
  return { runId, program, version, initialState, genesisHash, firstExecutionId, startedAtMs, ...lineageOf(run) };
}
