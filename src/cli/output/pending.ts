import { z } from 'zod';
import { AsksShape, Moment } from './json';
import { UnreadableRun } from './runs';

/** `pending --json`. */
export const PendingOutput = z.strictObject({
  pending: z
    .array(
      z.strictObject({
        runId: z.string(),
        program: z.string(),
        tenant: z.string(),
        parent: z.string().nullable(),
        asks: AsksShape,
        since: Moment,
      }),
    )
    .readonly(),
  more: z.boolean(),
  unreadable: z.array(UnreadableRun).readonly(),
});
export type PendingOutput = z.infer<typeof PendingOutput>;
