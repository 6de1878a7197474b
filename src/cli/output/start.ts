import { z } from 'zod';

/** `start --json`. */
export const StartOutput = z.strictObject({
  runId: z.string(),
  program: z.string(),
  version: z.int().positive(),
  taskQueue: z.string(),
});
export type StartOutput = z.infer<typeof StartOutput>;
