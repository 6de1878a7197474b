/** What language models were used for, and what it cost. Source: Harn, `LlmUsageRecord`. */
import type { z } from 'zod';
import { Float, record, Texts, Whole } from './record-shape';

export const LlmUsageRecordSchema = record({
  input_tokens: Whole,
  output_tokens: Whole,
  total_duration_ms: Whole,
  call_count: Whole,
  /** In US dollars. */
  total_cost: Float,
  models: Texts,
});

export type LlmUsageRecord = z.output<typeof LlmUsageRecordSchema>;
