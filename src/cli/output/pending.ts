import { z } from 'zod';
import { AsksShape } from './asks';
import { AnyJson, Moment } from './json';
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
        /** When an ask is settled without an answer. */
        deadline: Moment.nullable(),
        /** With `--run`: a JSON Schema of the answer, where there is one. */
        form: AnyJson.exactOptional(),
      }),
    )
    .readonly(),
  more: z.boolean(),
  unreadable: z.array(UnreadableRun).readonly(),
});
export type PendingOutput = z.infer<typeof PendingOutput>;
