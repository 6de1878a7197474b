/** The runs that a run started, and where a run was executed. Source: Harn, `RunChildRecord` and `RunExecutionRecord`. */
import type { z } from 'zod';
import { ToolApprovalPolicySchema } from './capability-policy';
import { optional, OptionalJson, OptionalText, record, Text, TextMap } from './record-shape';

export const RunExecutionRecordSchema = record({
  cwd: OptionalText,
  source_dir: OptionalText,
  env: TextMap,
  adapter: OptionalText,
  repo_path: OptionalText,
  worktree_path: OptionalText,
  branch: OptionalText,
  base_ref: OptionalText,
  cleanup: OptionalText,
});

export const RunChildRecordSchema = record({
  worker_id: Text,
  worker_name: Text,
  parent_stage_id: OptionalText,
  session_id: OptionalText,
  parent_session_id: OptionalText,
  mutation_scope: OptionalText,
  approval_policy: optional(ToolApprovalPolicySchema),
  task: Text,
  request: OptionalJson,
  provenance: OptionalJson,
  status: Text,
  started_at: Text,
  finished_at: OptionalText,
  run_id: OptionalText,
  run_path: OptionalText,
  snapshot_path: OptionalText,
  execution: optional(RunExecutionRecordSchema),
});

export type RunExecutionRecord = z.output<typeof RunExecutionRecordSchema>;
export type RunChildRecord = z.output<typeof RunChildRecordSchema>;
