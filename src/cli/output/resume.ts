import type { z } from 'zod';
import { ReceiptShape } from './receipt';

/** `resume --json`. */
export const ResumeOutput = ReceiptShape;
export type ResumeOutput = z.infer<typeof ResumeOutput>;
