/** Run records: a run's whole story in one document. What is not listed here is nobody else's business. */
export { ACTION_GRAPH_TOPIC, actionGraphUpdateOf } from './action-graph-update';
export {
  agentEventsTopic,
  loadAgentSessionReplayEvents,
  type AgentEvent,
  type AgentSessionReplayEvent,
} from './agent-session-events';
export type { ArtifactRecord } from './artifact-record';
export type { CapabilityPolicy, ToolApprovalPolicy } from './capability-policy';
export type { RunChildRecord, RunExecutionRecord } from './child-run-record';
export { fillMissingChildRunFields, mergeChildRuns, runChildFromStageMetadata } from './child-runs';
export { compactionEventsFromTranscript, type TranscriptPlace } from './compaction-events';
export { handoffContextText } from './handoff-text';
export type { HandoffArtifact, HandoffReceiptLinkRecord, HandoffTargetRecord } from './handoff-record';
export { HITL_QUESTIONS_TOPIC, mergeHitlQuestions } from './hitl-questions';
export { daemonEventsFromSidecar, llmTranscriptSidecarPath, type LlmSidecar } from './llm-sidecar';
export { normalizeRunRecord, placedRunRecord, type NormalizeParts } from './normalize';
export { deriveRunObservability, OBSERVABILITY_SCHEMA_VERSION, type RecordPlace } from './observability';
export type { RunObservabilityDiffRecord } from './observability-diff';
export {
  DAEMON_EVENT_KINDS,
  type CompactionEventRecord,
  type DaemonEventRecord,
  type RunActionGraphEdgeRecord,
  type RunActionGraphNodeRecord,
  type RunObservabilityRecord,
  type RunPlannerRoundRecord,
  type RunTaskLedgerSummaryRecord,
  type RunTranscriptPointerRecord,
  type RunVerificationOutcomeRecord,
  type RunWorkerLineageRecord,
} from './observability-record';
export type { RunPersonaRuntimeRecord } from './persona-runtime-record';
export { diffRunRecords, type RunDiffReport, type RunStageDiffRecord, type ToolCallDiffRecord } from './record-diff';
export { DIFFERENCES_MAX, recordDifferences, type DifferenceKind, type RecordDifference } from './record-differences';
export { parseRecordJson } from './record-json';
export { mergeRecords } from './record-merge';
export { RECORD_ENTRIES_MAX, recordOfRun, type RunToRecord } from './record-of-run';
export { runRecordText } from './record-text';
export { senderKey, type ActionAttempt, type ActionHistory, type RunClosing, type RunHistory } from './run-history';
export {
  evaluateRunAgainstFixture,
  isUntouchedFixture,
  replayFixtureFromRun,
  type ReplayEvalReport,
} from './replay-fixture';
export type { ClarifyingQuestionEvalSpec, ReplayFixture, ReplayStageAssertion } from './replay-fixture-record';
export { syncRunHandoffs } from './run-handoffs';
export {
  decodeRunRecord,
  idOfRunRecord,
  RunRecordSchema,
  type RunHitlQuestionRecord,
  type RunRecordDocument,
  type RunTraceSpanRecord,
  type ToolCallRecord,
} from './run-record';
export { redactionOf, redactSecrets, redactText } from './secrets';
export type { RunCheckpointRecord, RunStageAttemptRecord, RunStageRecord, RunTransitionRecord } from './stage-record';
export { toolFixtureHash } from './tool-fixture-hash';
export {
  MemoryTopicLog,
  sanitizeTopicComponent,
  TOPIC_BATCH_RECORDS,
  topicBatches,
  type NewTopicRecord,
  type TopicLog,
  type TopicRecord,
} from './topic-log';
export {
  replayOfEventIdFromRun,
  runTraceId,
  signatureStatusLabel,
  triggerEventFromRun,
  type SignatureStatus,
  type TriggerEvent,
} from './trigger-event';
export type { LlmUsageRecord } from './usage-record';
