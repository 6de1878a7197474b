/**
 * The run record: one JSON document that tells a run's whole story, and that other runs can be held against.
 *
 * Source: Harn, `RunRecord` and its parts, with the specification's field names, order and defaults. In memory it has the fields
 * that it has on disk. (The kernel's `RunRecord` is another thing: what a log store knows of a run from its first moment.)
 */
import { z } from 'zod';
import { KernelError } from '../../kernel';
import { ArtifactRecordSchema } from './artifact-record';
import { CapabilityPolicySchema } from './capability-policy';
import { RunChildRecordSchema, RunExecutionRecordSchema } from './child-run-record';
import { HandoffArtifactSchema } from './handoff-record';
import { RunObservabilityRecordSchema } from './observability-record';
import { RunPersonaRuntimeRecordSchema } from './persona-runtime-record';
import { copyRecordJson } from './record-json';
import {
  Count,
  Flag,
  JsonMap,
  list,
  optional,
  OptionalCount,
  OptionalJson,
  OptionalText,
  record,
  Text,
  Texts,
} from './record-shape';
import { readRecord } from './record-reading';
import { ReplayFixtureSchema } from './replay-fixture-record';
import { RunCheckpointRecordSchema, RunStageRecordSchema, RunTransitionRecordSchema } from './stage-record';
import { LlmUsageRecordSchema } from './usage-record';

/** A question to a person. Who answered what and when are fields of ours behind these: `answer`, `answered_by`, `answered_at`. */
export const RunHitlQuestionRecordSchema = record({
  request_id: Text,
  prompt: Text,
  agent: Text,
  trace_id: OptionalText,
  asked_at: Text,
});

/** A call of a tool. What it was called with is a field of ours behind these: `input`. */
export const ToolCallRecordSchema = record({
  tool_name: Text,
  tool_use_id: Text,
  args_hash: Text,
  result: Text,
  is_rejected: Flag,
  duration_ms: Count,
  iteration: Count,
  timestamp: Text,
});

export const RunTraceSpanRecordSchema = record({
  trace_id: Text,
  span_id: Count,
  parent_id: OptionalCount,
  kind: Text,
  name: Text,
  start_ms: Count,
  duration_ms: Count,
  metadata: JsonMap,
  links: list(z.unknown()),
});

export const RunRecordSchema = record({
  _type: Text,
  id: Text,
  workflow_id: Text,
  workflow_name: OptionalText,
  task: Text,
  status: Text,
  started_at: Text,
  finished_at: OptionalText,
  parent_run_id: OptionalText,
  root_run_id: OptionalText,
  stages: list(RunStageRecordSchema),
  transitions: list(RunTransitionRecordSchema),
  checkpoints: list(RunCheckpointRecordSchema),
  pending_nodes: Texts,
  completed_nodes: Texts,
  child_runs: list(RunChildRecordSchema),
  artifacts: list(ArtifactRecordSchema),
  handoffs: list(HandoffArtifactSchema),
  policy: CapabilityPolicySchema.prefault({}),
  execution: optional(RunExecutionRecordSchema),
  transcript: OptionalJson,
  usage: optional(LlmUsageRecordSchema),
  replay_fixture: optional(ReplayFixtureSchema),
  observability: optional(RunObservabilityRecordSchema),
  trace_spans: list(RunTraceSpanRecordSchema),
  tool_recordings: list(ToolCallRecordSchema),
  hitl_questions: list(RunHitlQuestionRecordSchema),
  persona_runtime: list(RunPersonaRuntimeRecordSchema),
  metadata: JsonMap,
  persisted_path: OptionalText,
});

export type RunHitlQuestionRecord = z.output<typeof RunHitlQuestionRecordSchema>;
export type ToolCallRecord = z.output<typeof ToolCallRecordSchema>;
export type RunTraceSpanRecord = z.output<typeof RunTraceSpanRecordSchema>;
/** A run's record. */
export type RunRecordDocument = z.output<typeof RunRecordSchema>;

/**
 * Reads a run record from a value, with the defaults of whatever it does not say. The value stays as it is.
 *
 * @throws KernelError `InvalidRunRecord`, naming the field
 */
export function decodeRunRecord(value: unknown): RunRecordDocument {
  return readRecord(RunRecordSchema, copyRecordJson(value));
}

/** The id of a record that must have one. @throws KernelError `InvalidRunRecord` */
export function idOfRunRecord({ id }: RunRecordDocument): string {
  if (id === '') throw new KernelError('InvalidRunRecord', 'no run record: it has no id');
  return id;
}
