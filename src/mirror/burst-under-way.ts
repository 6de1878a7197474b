/**
 * A burst that is under way: what it has done and the server has acknowledged, before history has anything of it. It is told apart from the log,
 * because it can still be lost: with a run that is terminated or reset before the burst ends.
 */
import {
  BURST,
  Chain,
  KernelError,
  Machine,
  messageOf,
  ownIdOf,
  stretchStart,
  takeStretch,
  type ChainedLog,
  type Program,
  type RunId,
  type StoredRun,
} from '../kernel';
import { readBurstJournal } from '../protocol';
import type { HistoryDecoder } from './history-decoder';
import type { HistorySource } from './history-source';
import { positionFromJson } from './mirror-position';

/** What a burst has done so far. */
export interface BurstUnderWay {
  readonly runId: RunId;
  /** The history event that scheduled it. */
  readonly historyEventId: number;
  /** The entries that the log will have of it, hashes and all, in order; none before its first acknowledgement. */
  readonly entries: readonly ChainedLog[];
}

/**
 * The burst that a run is in; null when it is in none, or its histories come from files.
 *
 * @param stored the run's log, as far as history goes
 * @throws KernelError `HistoryMismatch` when what the burst did is not what the program asks for
 */
export async function burstUnderWay(
  { program, source, decoder }: BurstParts,
  stored: StoredRun,
): Promise<BurstUnderWay | null> {
  const { runId } = stored;
  const position = positionFromJson(stored.position);
  const burst = position?.scheduled.find((scheduled) => scheduled.burst === true);
  if (position === null || burst === undefined) return null;
  const { eventId: historyEventId, actionId } = burst;
  const pending = await source.pendingActivity?.(ownIdOf(stored), position.executionId, actionId);
  if (pending?.activityType?.name !== BURST) return null;
  const journal = readBurstJournal(await decoder.value(pending.heartbeatDetails));
  if (journal === null) return { runId, historyEventId, entries: [] };
  // Without what the run was sent meanwhile: that is heard behind the burst, wherever it ends.
  const machine = Machine.restore(program, stretchStart(Machine.restore(program, position.checkpoint)));
  try {
    takeStretch(program, machine, actionId, journal, {
      deliver: (input) => void machine.deliver(input),
      advance: () => {
        machine.advance();
      },
    });
  } catch (error) {
    const message = `the burst of event ${historyEventId} does not follow the program: ${messageOf(error)}`;
    throw new KernelError('HistoryMismatch', message, { cause: error });
  }
  const chain = new Chain(runId, position.hash);
  return { runId, historyEventId, entries: machine.drain().map((entry) => chain.add(entry)) };
}

/** What a burst is read with. */
export interface BurstParts {
  readonly program: Program;
  readonly source: HistorySource;
  readonly decoder: HistoryDecoder;
}
