/** What a run must look like to be like another one. Source: Harn, `ReplayFixture` and its parts. */
import type { z } from 'zod';
import { Count, list, optional, OptionalCount, OptionalText, record, Text, Texts } from './record-shape';

export const ReplayStageAssertionSchema = record({
  node_id: Text,
  expected_status: Text,
  expected_outcome: Text,
  expected_branch: OptionalText,
  required_artifact_kinds: Texts,
  visible_text_contains: OptionalText,
});

export const ClarifyingQuestionEvalSpecSchema = record({
  expected_question: OptionalText,
  accepted_questions: Texts,
  required_terms: Texts,
  forbidden_terms: Texts,
  min_questions: Count,
  max_questions: OptionalCount,
});

export const ReplayFixtureSchema = record({
  _type: Text,
  id: Text,
  source_run_id: Text,
  workflow_id: Text,
  workflow_name: OptionalText,
  created_at: Text,
  eval_kind: OptionalText,
  clarifying_question: optional(ClarifyingQuestionEvalSpecSchema),
  expected_status: Text,
  stage_assertions: list(ReplayStageAssertionSchema),
});

export type ReplayStageAssertion = z.output<typeof ReplayStageAssertionSchema>;
export type ClarifyingQuestionEvalSpec = z.output<typeof ClarifyingQuestionEvalSpecSchema>;
export type ReplayFixture = z.output<typeof ReplayFixtureSchema>;
