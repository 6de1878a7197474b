import { z } from 'zod';
import { AsksShape } from './asks';
import { Moment } from './json';

/** A run whose history can't be folded here, and why. */
export const UnreadableRun = z.strictObject({ runId: z.string(), reason: z.string() });

/** `runs --json`. */
export const RunsOutput = z.strictObject({
  runs: z
    .array(
      z.strictObject({
        runId: z.string(),
        executionId: z.string(),
        program: z.string(),
        /** As the server's visibility knows it: a blocked run is running, a denied one failed. */
        status: z.enum(['running', 'completed', 'failed', 'cancelled', 'terminated', 'timedOut']),
        tenant: z.string(),
        parent: z.string().nullable(),
        startedAt: Moment,
        closedAt: Moment.nullable(),
        /** With `--waiting`: what it asks, and since when. */
        asks: AsksShape.nullable(),
        since: Moment.nullable(),
      }),
    )
    .readonly(),
  /** Whether there are more than `--limit` let through. */
  more: z.boolean(),
  unreadable: z.array(UnreadableRun).readonly(),
});
export type RunsOutput = z.infer<typeof RunsOutput>;
