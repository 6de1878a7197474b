import { z } from 'zod';
import type { Answerers } from '../../kernel';
import { AnyJson } from './json';

/** Who may answer: people by name, or whoever has one of the roles. */
const AnswerersShape: z.ZodType<Answerers> = z.strictObject({
  people: z.array(z.string()).readonly().exactOptional(),
  roles: z.array(z.string()).readonly().exactOptional(),
});

/** An ask that waits for its answer: what a person needs to decide. */
export const AskOutput = z.strictObject({
  kind: z.enum(['question', 'choice', 'approval']),
  asker: z.enum(['program', 'policy']),
  question: z.string(),
  /** Why the policy asks. */
  reason: z.string().nullable(),
  /** The proposed action in its wire form, edits included; null where none is proposed. */
  action: AnyJson,
  options: z.array(z.string()).readonly().nullable(),
  /** The program's form that the answer must fit. */
  form: z.string().nullable(),
  evidence: AnyJson,
  /** Who may answer now; empty: anybody. */
  who: z.array(AnswerersShape).readonly(),
  /** Whether the one who started the run may not answer. */
  notTheStarter: z.boolean(),
  /** How many must say the same. */
  votesNeeded: z.int().positive(),
  /** What was said so far. */
  votes: z
    .array(z.strictObject({ by: z.string().nullable(), roles: z.array(z.string()).readonly(), value: AnyJson }))
    .readonly(),
  /** Milliseconds from the asking until it is `otherwise`. */
  deadlineMs: z.int().positive().nullable(),
  otherwise: AnyJson,
});
export type AskOutput = z.infer<typeof AskOutput>;
