import { z } from 'zod';

/** `cancel --json`. */
export const CancelOutput = z.strictObject({ runId: z.string(), asked: z.literal(true) });
export type CancelOutput = z.infer<typeof CancelOutput>;
