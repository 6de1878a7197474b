/**
 * The contract between the workflow and everyone outside: names, payloads, and how history's failures and signals are read.
 * It may import the kernel and nothing else, so that it runs in the sandbox.
 */
export { resultOfFailure } from './attempt-failure';
export {
  readBurst,
  readBurstJournal,
  readTried,
  type Alone,
  type BurstInput,
  type BurstJournal,
  type BurstOutcome,
  type Tried,
} from './burst';
export {
  ACTION_ERROR_TYPE,
  ACTION_FAILED_TYPE,
  ANSWER_UPDATE,
  BLOCKED_MEMO,
  CONTROL_UPDATE,
  HEARD_MEMO,
  LOG_QUERY,
  NAMED_SIGNAL,
  PAUSE_SIGNAL,
  PENDING_INTERRUPT_QUERY,
  RESUME_SIGNAL,
  STATE_QUERY,
  STATUS_QUERY,
  STEER_SIGNAL,
  UNPAUSE_SIGNAL,
  versionMark,
} from './names';
export type { MirrorSinks } from './mirror-sink';
export type { ReplayedEntry, ReplaySinks } from './replay-sink';
export {
  assertRunOptions,
  childArguments,
  CONTINUE_AFTER_EVENTS_MIN,
  LOG_PAGE_ENTRIES_MAX,
  LOG_PAGE_BYTES_MAX,
  type Answer,
  type AnswerReceipt,
  type Carried,
  type Control,
  type FailedRun,
  type LogLine,
  type LogPage,
  type LogRequest,
  type PendingInterrupt,
  type RunOptions,
  type RunOutcome,
  type StandsAt,
  type StatusReport,
} from './run-input';
export { asksForHash, saysWhereItStands, type Standing } from './standing';
export { inputOfAnswer, inputOfControl, inputOfSignal } from './signal-input';
