/** The mirror: history in, canonical log out. */
export { Mirror, type MirrorInput, type MirrorOptions, type MirrorReport, type WrittenStep } from './mirror';
export { FAILURES_MAX, type MirrorFailure } from './mirror-failures';
export type { MirrorMetrics } from './mirror-metrics';
export { MirrorService, SWEEP_INTERVAL_MS } from './mirror-service';
export type { MirrorServiceOptions } from './mirror-service-options';
export type { Seen } from './look-queue';
export {
  ExportedHistorySource,
  isNotFound,
  runNotFound,
  ServerHistorySource,
  type HistorySource,
  type PendingActivity,
} from './history-source';
export { isBurst } from './burst-check';
export { readStart, type RunStart } from './chain-reader';
export { branchOfPath, logIdOf, pathTo, type ExecutionPath, type Reset } from './execution-path';
export { tenantOf } from './execution-start';
export { EventType, eventIdOf, eventTimeMsOf, type HistoryEvent } from './history-event';
export type { BurstUnderWay } from './burst-under-way';
export { LogReplay, REPLAY_OBSERVER, type ExecutionHistory, type LogReplayOptions, type Replayed } from './log-replay';
export { HistoryFiles, type BrokenFile, type FiledRun } from './history-files';
export { historyFromJson, historyToJson } from './history-json';
export { HistoryDecoder } from './history-decoder';
export { positionFromJson, type ClosedAs, type MirrorPosition } from './mirror-position';
export { PROBLEMS_MAX, type Check, type Problem, type Verdict } from './log-comparison';
export { listExecutions, type ListedExecution, type Listing } from './visibility';
