import type { z } from 'zod';
import { VerdictShape } from './receipt';

/** `deny --json`. */
export const DenyOutput = VerdictShape;
export type DenyOutput = z.infer<typeof DenyOutput>;
