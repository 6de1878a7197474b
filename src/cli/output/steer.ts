import type { z } from 'zod';
import { ReceiptShape } from './receipt';

/** `steer --json`. */
export const SteerOutput = ReceiptShape;
export type SteerOutput = z.infer<typeof SteerOutput>;
