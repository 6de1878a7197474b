/** Work that one hands to another: to a person, a persona, another agent. Source: Harn, `HandoffArtifact` and its parts. */
import { z } from 'zod';
import { CapabilityPolicySchema } from './capability-policy';
import {
  JsonMap,
  list,
  optional,
  OptionalCount,
  OptionalFloat,
  OptionalJson,
  OptionalText,
  OptionalWhole,
  record,
  Text,
  Texts,
} from './record-shape';

export const HandoffTargetRecordSchema = record({
  /** `human`, `persona`, `a2a` or `worker`. */
  kind: Text,
  id: OptionalText,
  label: OptionalText,
  uri: OptionalText,
});

export const HandoffEvidenceRefRecordSchema = record({
  artifact_id: OptionalText,
  kind: OptionalText,
  label: OptionalText,
  path: OptionalText,
  uri: OptionalText,
});

export const HandoffReceiptLinkRecordSchema = record({
  kind: Text,
  label: OptionalText,
  run_id: OptionalText,
  artifact_id: OptionalText,
  path: OptionalText,
  href: OptionalText,
});

export const HandoffBudgetRemainingRecordSchema = record({
  tokens: OptionalWhole,
  tool_calls: OptionalWhole,
  dollars: OptionalFloat,
});

export const HandoffDeadlineCheckbackRecordSchema = record({ deadline: OptionalText, checkback_at: OptionalText });

export const HandoffRouteDecisionRecordSchema = record({
  route_id: OptionalText,
  route_index: OptionalCount,
  target_index: OptionalCount,
  handoff_id: OptionalText,
  handoff_kind: Text,
  source_persona: Text,
  target: Text,
  target_persona_or_human: HandoffTargetRecordSchema.prefault({}),
  matched_when: Text,
  selected_at: Text,
  dispatch_kind: Text,
  dispatch_status: OptionalText,
  dispatch_receipt: OptionalJson,
  metadata: JsonMap,
});

export const HandoffArtifactSchema = record({
  _type: Text,
  kind: Text,
  id: Text,
  parent_run_id: OptionalText,
  source_persona: Text,
  target_persona_or_human: HandoffTargetRecordSchema.prefault({}),
  task: Text,
  reason: Text,
  evidence_refs: list(HandoffEvidenceRefRecordSchema),
  files_or_entities_touched: Texts,
  open_questions: Texts,
  blocked_on: Texts,
  requested_capabilities: Texts,
  allowed_side_effects: Texts,
  // The three that are left out of the text where there is nothing to say.
  policy_override: CapabilityPolicySchema.nullable().optional(),
  reminder_propagation: z.array(z.unknown()).readonly().optional(),
  effects: z.array(z.unknown()).readonly().optional(),
  budget_remaining: optional(HandoffBudgetRemainingRecordSchema),
  deadline_checkback: optional(HandoffDeadlineCheckbackRecordSchema),
  confidence: OptionalFloat,
  receipt_links: list(HandoffReceiptLinkRecordSchema),
  route_decision: optional(HandoffRouteDecisionRecordSchema),
  created_at: Text,
  metadata: JsonMap,
});

export type HandoffTargetRecord = z.output<typeof HandoffTargetRecordSchema>;
export type HandoffReceiptLinkRecord = z.output<typeof HandoffReceiptLinkRecordSchema>;
export type HandoffArtifact = z.output<typeof HandoffArtifactSchema>;
