/** What verbs print that say something to a run. */
import { z } from 'zod';
import { SeqNumber } from './json';

export const ReceiptShape = z.strictObject({
  runId: z.string(),
  /** The head of the run's log then; what was said stands there, or behind it, where the run comes to it later. */
  seq: SeqNumber,
  /** It was said before, and counts once. */
  again: z.boolean(),
});
export type Receipt = z.infer<typeof ReceiptShape>;

export const VerdictShape = ReceiptShape.extend({
  /** The approval that was answered. */
  interruptId: z.string(),
  /** The run that asks: the one that was named, or one that it has started. */
  askedBy: z.string(),
});
export type VerdictReceipt = z.infer<typeof VerdictShape>;
