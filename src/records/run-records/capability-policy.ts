/** What a run may touch, and what it may do without asking. Source: Harn, `CapabilityPolicy` and `ToolApprovalPolicy`. */
import { z } from 'zod';
import { Flag, JsonMap, list, OptionalCount, OptionalJson, OptionalText, record, Texts } from './record-shape';

const ProcessSandbox = record({ presets: OptionalJson, read_roots: Texts, write_roots: Texts });

export const CapabilityPolicySchema = record({
  tools: Texts,
  capabilities: JsonMap,
  workspace_roots: Texts,
  read_only_roots: Texts,
  side_effect_level: OptionalText,
  recursion_limit: OptionalCount,
  tool_arg_constraints: list(z.unknown()),
  tool_annotations: JsonMap,
  sandbox_profile: z.string().default('worktree'),
  process_sandbox: ProcessSandbox.prefault({}),
});

export const ToolApprovalPolicySchema = record({
  rules: list(z.unknown()),
  auto_approve: Texts,
  auto_deny: Texts,
  require_approval: Texts,
  write_path_allowlist: Texts,
  allow_sensitive_paths: Flag,
  sensitive_path_patterns: Texts,
  allow_external_paths: Flag,
  external_roots: Texts,
  repeat_limit: OptionalCount,
  repeat_action: OptionalText,
});

export type CapabilityPolicy = z.output<typeof CapabilityPolicySchema>;
export type ToolApprovalPolicy = z.output<typeof ToolApprovalPolicySchema>;
