/**
 * `temporal-kernel`: for the host. Workers, clients, mirrors and stores; workflows files import `temporal-kernel/workflow`, and
 * programs `temporal-kernel/kernel`.
 */
export { AttemptInterceptor, toolActivities, type ToolActivity } from './activities';
export { KernelClient, type KernelClientOptions, type PendingInterrupt, type StartOptions } from './client';
export * from './kernel';
export {
  ExportedHistorySource,
  historyFromJson,
  historyToJson,
  LogReplay,
  Mirror,
  PROBLEMS_MAX,
  ServerHistorySource,
  type Check,
  type ClosedAs,
  type HistorySource,
  type MirrorInput,
  type MirrorOptions,
  type MirrorReport,
  type Problem,
  type Verdict,
} from './mirror';
export { KernelPlugin, type KernelPluginOptions } from './plugin';
export type { AnswerReceipt, RunOptions, RunOutcome, StatusReport } from './protocol';
export { MemoryStore, SqliteStore } from './stores';
export { createWorker, DEFAULT_TASK_QUEUE, type KernelWorkerOptions } from './worker';
