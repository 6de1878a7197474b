import { z } from 'zod';
import { SeqNumber } from './json';

/** `record --json`. What is in the file is the specification's `RunRecord`. */
export const RecordOutput = z.strictObject({
  runId: z.string(),
  path: z.string(),
  status: z.string(),
  stages: SeqNumber,
  toolCalls: SeqNumber,
  questions: SeqNumber,
  childRuns: SeqNumber,
});
export type RecordOutput = z.infer<typeof RecordOutput>;
