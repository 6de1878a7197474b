import { z } from 'zod';
import { HashText, SeqNumber } from './json';

/** `fork --json`. */
export const ForkOutput = z.strictObject({
  /** The new run. */
  runId: z.string(),
  /** Where it comes from: it began with the state that the other run had at that seq, where the other one's chain stood at that hash. */
  forkedFrom: z.strictObject({ runId: z.string(), seq: SeqNumber, hash: HashText }),
  taskQueue: z.string(),
});
export type ForkOutput = z.infer<typeof ForkOutput>;
