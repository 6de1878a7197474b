import type { z } from 'zod';
import { ReceiptShape } from './receipt';

/** `pause --json`. */
export const PauseOutput = ReceiptShape;
export type PauseOutput = z.infer<typeof PauseOutput>;
