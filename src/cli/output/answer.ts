import { z } from 'zod';

/** `answer --json`. */
export const AnswerOutput = z.strictObject({
  runId: z.string(),
  /** The seq of the answer in the log; null for a signal, which the run reads when it gets to it. */
  seq: z.int().positive().nullable(),
  /** It was given before, and counts once. */
  again: z.boolean(),
  /** The name of the signal that was sent; null for an answer. */
  signal: z.string().nullable(),
});
export type AnswerOutput = z.infer<typeof AnswerOutput>;
