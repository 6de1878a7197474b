/** A run seen from outside: its action graph, its workers, its transcripts. Source: Harn, `RunObservabilityRecord` and its parts. */
import { z } from 'zod';
import { Count, Flag, JsonMap, list, optional, OptionalJson, OptionalText, record, Text, Texts } from './record-shape';

const OptionalFlag = optional(z.boolean());

export const RunDeliverableSummaryRecordSchema = record({ id: Text, text: Text, status: Text, note: OptionalText });

export const RunTaskLedgerSummaryRecordSchema = record({
  root_task: Text,
  rationale: Text,
  deliverables: list(RunDeliverableSummaryRecordSchema),
  observations: Texts,
  blocking_count: Count,
});

export const RunPlannerRoundRecordSchema = record({
  stage_id: Text,
  node_id: Text,
  stage_kind: Text,
  status: Text,
  outcome: Text,
  iteration_count: Count,
  llm_call_count: Count,
  tool_execution_count: Count,
  tool_rejection_count: Count,
  intervention_count: Count,
  compaction_count: Count,
  native_text_tool_fallback_count: Count,
  native_text_tool_fallback_rejection_count: Count,
  empty_completion_retry_count: Count,
  tools_used: Texts,
  successful_tools: Texts,
  ledger_done_rejections: Count,
  task_ledger: optional(RunTaskLedgerSummaryRecordSchema),
  research_facts: Texts,
});

export const RunActionGraphNodeRecordSchema = record({
  id: Text,
  label: Text,
  /** `run`, `trigger`, `stage`, `predicate` or `worker`. */
  kind: Text,
  status: Text,
  outcome: Text,
  trace_id: OptionalText,
  stage_id: OptionalText,
  node_id: OptionalText,
  worker_id: OptionalText,
  run_id: OptionalText,
  run_path: OptionalText,
  metadata: JsonMap,
});

export const RunActionGraphEdgeRecordSchema = record({
  from_id: Text,
  to_id: Text,
  /** `entry`, `trigger_dispatch`, `replay_chain`, `transition`, `predicate_gate` or `delegates`. */
  kind: Text,
  label: OptionalText,
});

export const RunWorkerLineageRecordSchema = record({
  worker_id: Text,
  worker_name: Text,
  parent_stage_id: OptionalText,
  task: Text,
  status: Text,
  session_id: OptionalText,
  parent_session_id: OptionalText,
  run_id: OptionalText,
  run_path: OptionalText,
  snapshot_path: OptionalText,
});

export const RunVerificationOutcomeRecordSchema = record({
  stage_id: Text,
  node_id: Text,
  status: Text,
  passed: OptionalFlag,
  summary: OptionalText,
});

export const RunTranscriptPointerRecordSchema = record({
  id: Text,
  label: Text,
  kind: Text,
  location: Text,
  path: OptionalText,
  available: Flag,
});

export const CompactionEventRecordSchema = record({
  id: Text,
  transcript_id: OptionalText,
  stage_id: OptionalText,
  node_id: OptionalText,
  mode: Text,
  strategy: Text,
  archived_messages: Count,
  estimated_tokens_before: Count,
  estimated_tokens_after: Count,
  snapshot_asset_id: OptionalText,
  snapshot_location: Text,
  snapshot_path: OptionalText,
  available: Flag,
  instruction_mode: Text,
  instruction_source: OptionalText,
  compaction_policy: OptionalJson,
});

/** What a daemon can have done. */
export const DAEMON_EVENT_KINDS = ['spawned', 'triggered', 'snapshotted', 'resumed', 'stopped'] as const;

export const DaemonEventRecordSchema = record({
  daemon_id: Text,
  name: Text,
  kind: z.enum(DAEMON_EVENT_KINDS).default('spawned'),
  timestamp: Text,
  persist_path: Text,
  payload_summary: OptionalText,
});

export const RunObservabilityRecordSchema = record({
  schema_version: Count,
  planner_rounds: list(RunPlannerRoundRecordSchema),
  research_fact_count: Count,
  action_graph_nodes: list(RunActionGraphNodeRecordSchema),
  action_graph_edges: list(RunActionGraphEdgeRecordSchema),
  worker_lineage: list(RunWorkerLineageRecordSchema),
  verification_outcomes: list(RunVerificationOutcomeRecordSchema),
  transcript_pointers: list(RunTranscriptPointerRecordSchema),
  compaction_events: list(CompactionEventRecordSchema),
  daemon_events: list(DaemonEventRecordSchema),
});

export type RunTaskLedgerSummaryRecord = z.output<typeof RunTaskLedgerSummaryRecordSchema>;
export type RunPlannerRoundRecord = z.output<typeof RunPlannerRoundRecordSchema>;
export type RunActionGraphNodeRecord = z.output<typeof RunActionGraphNodeRecordSchema>;
export type RunActionGraphEdgeRecord = z.output<typeof RunActionGraphEdgeRecordSchema>;
export type RunWorkerLineageRecord = z.output<typeof RunWorkerLineageRecordSchema>;
export type RunVerificationOutcomeRecord = z.output<typeof RunVerificationOutcomeRecordSchema>;
export type RunTranscriptPointerRecord = z.output<typeof RunTranscriptPointerRecordSchema>;
export type CompactionEventRecord = z.output<typeof CompactionEventRecordSchema>;
export type DaemonEventRecord = z.output<typeof DaemonEventRecordSchema>;
export type RunObservabilityRecord = z.output<typeof RunObservabilityRecordSchema>;
