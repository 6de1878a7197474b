/** The stages of a run, how one led to another, and where the run could have gone on. Source: Harn, `RunStageRecord` and others. */
import type { z } from 'zod';
import { ArtifactRecordSchema } from './artifact-record';
import { Count, JsonMap, list, optional, OptionalJson, OptionalText, record, Text, Texts } from './record-shape';
import { LlmUsageRecordSchema } from './usage-record';

/** One try of a stage. */
export const RunStageAttemptRecordSchema = record({
  /** 1 for the first. */
  attempt: Count,
  status: Text,
  outcome: Text,
  branch: OptionalText,
  error: OptionalText,
  verification: OptionalJson,
  started_at: Text,
  finished_at: OptionalText,
});

/** One visit of a node. */
export const RunStageRecordSchema = record({
  id: Text,
  node_id: Text,
  kind: Text,
  status: Text,
  outcome: Text,
  branch: OptionalText,
  started_at: Text,
  finished_at: OptionalText,
  visible_text: OptionalText,
  private_reasoning: OptionalText,
  transcript: OptionalJson,
  verification: OptionalJson,
  usage: optional(LlmUsageRecordSchema),
  artifacts: list(ArtifactRecordSchema),
  consumed_artifact_ids: Texts,
  produced_artifact_ids: Texts,
  attempts: list(RunStageAttemptRecordSchema),
  metadata: JsonMap,
});

export const RunTransitionRecordSchema = record({
  id: Text,
  from_stage_id: OptionalText,
  from_node_id: OptionalText,
  to_node_id: Text,
  branch: OptionalText,
  timestamp: Text,
  consumed_artifact_ids: Texts,
  produced_artifact_ids: Texts,
});

export const RunCheckpointRecordSchema = record({
  id: Text,
  ready_nodes: Texts,
  completed_nodes: Texts,
  last_stage_id: OptionalText,
  persisted_at: Text,
  reason: Text,
});

export type RunStageAttemptRecord = z.output<typeof RunStageAttemptRecordSchema>;
export type RunStageRecord = z.output<typeof RunStageRecordSchema>;
export type RunTransitionRecord = z.output<typeof RunTransitionRecordSchema>;
export type RunCheckpointRecord = z.output<typeof RunCheckpointRecordSchema>;
