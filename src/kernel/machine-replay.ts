/** What a log says of where a run stands. */
import { spentAfter, type Spent } from './budget';
import type { SequencedEvent } from './event';
import type { RunId, Seq } from './identity';
import type { Json } from './json';
import type { Checkpoint } from './machine-input';
import type { Program } from './program';
import type { ReplayProgram } from './replay-program';
import { STEP, waitingAfter, type GoesOn } from './waiting';

/** What a new run knows of what was before it. */
export interface Lineage {
  /** Who starts it: asks with dual control need to know. */
  readonly starter?: string | undefined;
  /** What was spent already. */
  readonly spent?: Spent | undefined;
}

/** A state of a run, from which its log goes on. */
export interface KnownState {
  readonly runId: RunId;
  readonly head: Seq;
  readonly state: Json;
  readonly spent: Spent;
  readonly starter?: string | undefined;
}

/**
 * Where a run stands at the end of its log.
 *
 * @param tail the events after the known state
 * @param before the events before them, as many as say what the run waited for
 */
export function replayed(
  program: Program,
  { runId, starter, ...from }: KnownState,
  tail: readonly SequencedEvent[],
  before: readonly SequencedEvent[],
): Checkpoint {
  const goesOn = goesOnOf(program);
  let { state, spent } = from;
  let waiting = before.reduce((known, sequenced) => waitingAfter(runId, sequenced, known, goesOn), STEP);
  for (const sequenced of tail) {
    state = program.reduce(state, sequenced.event, sequenced.seq);
    spent = spentAfter(spent, waiting, sequenced.event);
    waiting = waitingAfter(runId, sequenced, waiting, goesOn);
  }
  const head = tail.at(-1)?.seq ?? from.head;
  const known = starter === undefined ? {} : { starter };
  return { runId, head, state, waiting, inbox: [], signals: [], cancelling: false, spent, ...known };
}

/** Whether a program's runs go on after an action that failed. */
export function goesOnOf(program: ReplayProgram): GoesOn {
  return (action, error) => program.goesOnAfter?.(action, error) ?? false;
}
