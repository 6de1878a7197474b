/**
 * `temporal-kernel`: for the host. Workers, clients, mirrors and stores; workflows files import `temporal-kernel/workflow`, and
 * programs `temporal-kernel/kernel`.
 */
export { AttemptInterceptor, toolActivities, type ToolActivity } from './activities';
export {
  KernelClient,
  type AnswerOptions,
  type ForkOptions,
  type KernelClientOptions,
  type SpeakerOptions,
  type StartOptions,
} from './client';
export * from './kernel';
export {
  ExportedHistorySource,
  historyFromJson,
  historyToJson,
  LogReplay,
  Mirror,
  MirrorService,
  PROBLEMS_MAX,
  ServerHistorySource,
  type Check,
  type ClosedAs,
  type HistorySource,
  type MirrorFailure,
  type MirrorInput,
  type MirrorMetrics,
  type MirrorOptions,
  type MirrorReport,
  type MirrorServiceOptions,
  type Problem,
  type Seen,
  type Verdict,
  type WrittenStep,
} from './mirror';
export { KernelPlugin, type KernelPluginOptions, type WorkersMirror } from './plugin';
export type {
  Answer,
  AnswerReceipt,
  Control,
  PendingInterrupt,
  RunOptions,
  RunOutcome,
  StatusReport,
} from './protocol';
export type { ForkAlternate } from './runs/run-fork';
export { INBOX_RUNS_MAX, type InboxItem } from './runs/run-inbox';
export {
  decodeExecutionEvent,
  encodeExecutionEvent,
  EXECUTION_EVENTS_PER_BATCH_MAX,
  EXECUTIONS_LISTED_MAX,
  executionEventText,
  ExecutionEventSchema,
  ExecutionProjector,
  MemoryExecutionEventStore,
  parseExecutionEventText,
  parseStoredExecutionEventText,
  storedExecutionEventText,
  type ExecutionError,
  type ExecutionEventData,
  type ExecutionEventStore,
  type ExecutionId,
  type NewExecutionEvent,
  type ParentLink,
  type ProjectedRun,
  type ProjectionReport,
  type RetryPolicy,
  type RunEnd,
  type Sequence,
  type StoredExecutionEvent,
  type WireExecutionEvent,
} from './records';
export { MemoryStore, SqlExecutionEventStore, SqliteStore } from './stores';
export { createWorker, DEFAULT_TASK_QUEUE, type KernelWorkerOptions } from './worker';
