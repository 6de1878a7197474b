import { z } from 'zod';
import { AnyJson, HashText, SeqNumber } from './json';

/** `replay --json`. */
export const ReplayOutput = z.strictObject({
  runId: z.string(),
  program: z.string(),
  version: z.int().positive(),
  /** Whether the program of today does the same again, at every step. */
  ok: z.boolean(),
  /** The last entry that was replayed. */
  head: SeqNumber,
  stateHash: HashText,
  state: AnyJson,
  /** The first entry that would be another one, or lead to another state. */
  problem: z.strictObject({ seq: SeqNumber, reason: z.string() }).nullable(),
});
export type ReplayOutput = z.infer<typeof ReplayOutput>;
