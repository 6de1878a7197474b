/** What stands on stderr when a verb that was asked for JSON fails. */
import { z } from 'zod';

export const FailureOutput = z.strictObject({
  error: z.strictObject({
    /** A stable word: a `KernelErrorCode`, or the name of the exit code. */
    code: z.string(),
    message: z.string(),
    /** What to do. */
    advice: z.string().nullable(),
    exitCode: z.int(),
  }),
});
export type FailureOutput = z.infer<typeof FailureOutput>;
