/**
 * Who a run is, and how things inside a run are named.
 *
 * Source: Oris kernel, `identity`. An action is named after the seq of its `ActionRequested` event, an interrupt after
 * the seq of its `Interrupted` event, so both names are derived from the log and never from chance.
 */
import { KernelError } from './error';

/** Names one run. On Temporal it is the workflow id. */
export type RunId = string;

/** Position of an event in its run's log: 1, 2, 3, … without gaps. 0 means "before the first event". */
export type Seq = number;

/** Names the step that updated the state (a node of a graph, a phase of an agent). */
export type StepId = string;

/** Names one action of a run: `{run_id}-{seq of its ActionRequested}`. */
export type ActionId = string;

/** Names one interrupt of a run: `{run_id}-{seq of its Interrupted}`. */
export type InterruptId = string;

/** Temporal allows ids of 1,000 bytes, and an action id adds a seq to the run id. */
export const RUN_ID_BYTES_MAX = 900;

/** The id of the action whose `ActionRequested` has this seq. */
export function actionIdOf(runId: RunId, requestedAt: Seq): ActionId {
  return `${runId}-${requestedAt}`;
}

/** The id of the interrupt whose `Interrupted` has this seq. */
export function interruptIdOf(runId: RunId, interruptedAt: Seq): InterruptId {
  return `${runId}-${interruptedAt}`;
}

/**
 * Checks that a run id can name a run everywhere: in Temporal, in a store, in a log.
 *
 * @throws KernelError `InvalidRunId`
 */
export function assertRunId(runId: unknown): asserts runId is RunId {
  if (typeof runId !== 'string' || runId === '') {
    throw new KernelError('InvalidRunId', 'a run id is a text that is not empty');
  }
  if (!runId.isWellFormed() || hasControlCharacter(runId)) {
    throw new KernelError('InvalidRunId', 'a run id has no control characters and no lone surrogates');
  }
  // Three bytes a UTF-16 unit is the worst that UTF-8 does.
  if (runId.length * 3 > RUN_ID_BYTES_MAX && new TextEncoder().encode(runId).length > RUN_ID_BYTES_MAX) {
    throw new KernelError('InvalidRunId', `a run id has at most ${RUN_ID_BYTES_MAX} bytes`);
  }
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}
