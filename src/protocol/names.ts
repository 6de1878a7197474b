/** The names under which a run is spoken to on Temporal. They are durable: renaming one breaks running runs. */

/** Signal: the plain way to answer. Arguments: the value, and optionally `{ interruptId, by, roles, id }`. */
export const RESUME_SIGNAL = 'resume';

/** Signal: a named signal. Argument: `{ name, value }`. Any other signal name means `{ name: that name, value }`. */
export const NAMED_SIGNAL = 'signal';

/** Update: the strict way to answer; a wrong answer is refused and never enters history. Argument: `Answer`. */
export const ANSWER_UPDATE = 'answer';

/** Update: the strict way to pause, go on, or put a message in. Argument: `Control`. */
export const CONTROL_UPDATE = 'control';

/** Signal: stop at the next boundary. Argument: optionally `{ by, reason, id }`. A program's own signal of that name goes first. */
export const PAUSE_SIGNAL = 'pause';

/** Signal: go on after a pause. Argument: optionally `{ by, id }`. */
export const UNPAUSE_SIGNAL = 'unpause';

/** Signal: put a message in. Arguments: the message, and optionally `{ by, id }`. */
export const STEER_SIGNAL = 'steer';

/** Query: where the run stands (`StatusReport`). */
export const STATUS_QUERY = 'status';

/** Query: the state after the last event. */
export const STATE_QUERY = 'state';

/** Query: what the run asks, `{ id, value }`, or null. */
export const PENDING_INTERRUPT_QUERY = 'pendingInterrupt';

/** Query: a page of the log of the current execution (`LogPage`). Argument: `LogRequest`. */
export const LOG_QUERY = 'log';

/** Failure type of an action's attempt; its message is the text that the log keeps. */
export const ACTION_ERROR_TYPE = 'ActionError';

/** Failure type of a run whose action failed for good. */
export const ACTION_FAILED_TYPE = 'ActionFailed';

/** Memo: where the run was when it was last blocked (`StandsAt`). */
export const BLOCKED_MEMO = 'lastBlockedAt';

/** Memo: where the run was when it last heard a signal and was busy behind it (`StandsAt`). */
export const HEARD_MEMO = 'lastHeardAt';

/** The id of the patch marker that says which version of a program a run was made with. Version 1 has none. */
export function versionMark(program: string, version: number): string {
  return `${program}@${version}`;
}
