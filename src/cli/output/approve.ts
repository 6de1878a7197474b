import type { z } from 'zod';
import { VerdictShape } from './receipt';

/** `approve --json`. */
export const ApproveOutput = VerdictShape;
export type ApproveOutput = z.infer<typeof ApproveOutput>;
