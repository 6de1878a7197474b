/** The mirror: history in, canonical log out. */
export { Mirror, type MirrorInput, type MirrorOptions, type MirrorReport } from './mirror';
export {
  ExportedHistorySource,
  isNotFound,
  runNotFound,
  ServerHistorySource,
  type HistorySource,
} from './history-source';
export { readStart, type RunStart } from './chain-reader';
export { branchOfPath, logIdOf, pathTo, type ExecutionPath, type Reset } from './execution-path';
export { tenantOf } from './execution-start';
export { EventType, type HistoryEvent } from './history-event';
export { LogReplay, REPLAY_OBSERVER, type LogReplayOptions } from './log-replay';
export { historyFromJson, historyToJson } from './history-json';
export { HistoryDecoder } from './history-decoder';
export type { ClosedAs } from './mirror-position';
export { PROBLEMS_MAX, type Check, type Problem, type Verdict } from './log-comparison';
