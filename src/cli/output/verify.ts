import { z } from 'zod';
import { SeqNumber } from './json';

/** `verify --json`. */
export const VerifyOutput = z.strictObject({
  runId: z.string(),
  ok: z.boolean(),
  /** The checks that were made: without programs or histories the chain of hashes is all that can be checked. */
  checks: z.array(z.enum(['chain', 'fold', 'replay'])).readonly(),
  head: SeqNumber,
  hash: z.string(),
  /** The first places that are wrong. */
  problems: z
    .array(
      z.strictObject({
        check: z.enum(['chain', 'fold', 'replay']),
        seq: SeqNumber.nullable(),
        historyEventId: z.int().nullable(),
        reason: z.string(),
      }),
    )
    .readonly(),
});
export type VerifyOutput = z.infer<typeof VerifyOutput>;
