import { z } from 'zod';
import { AsksShape } from './asks';
import { AnyJson, HashText, Moment, SeqNumber, StatusText } from './json';

/** `show --json`. */
export const ShowOutput = z.strictObject({
  runId: z.string(),
  program: z.string(),
  version: z.int().positive(),
  tenant: z.string(),
  from: z.enum(['server', 'store', 'history', 'export']),
  status: StatusText,
  /** Why it ended as it did; null where that goes without saying. */
  reason: z.string().nullable(),
  asks: AsksShape.nullable(),
  /** When an ask is settled without an answer. */
  deadline: Moment.nullable(),
  /** What it waits for, in words; null when it has ended. */
  waitsFor: z.string().nullable(),
  head: SeqNumber,
  /** The hash that the chain stands at. */
  hash: HashText,
  startedAt: Moment,
  /** When the last entry came; null for a log without entries. */
  lastEntryAt: Moment.nullable(),
  parent: z.string().nullable(),
  /** Who started it; null where nobody said. */
  startedBy: z.string().nullable(),
  /** The run whose state at that seq it began with. */
  forkedFrom: z.strictObject({ runId: z.string(), seq: SeqNumber, hash: HashText }).nullable(),
  /** The run beside whose first log this one stands, because of a reset, or because the id was used again. */
  branchOf: z.string().nullable(),
  toolCalls: SeqNumber,
  llmTokens: SeqNumber,
  /** Inputs that it was sent and has not read yet. */
  unread: SeqNumber,
  /**
   * What the burst that it is in has done and the server has acknowledged: the entries that the log will have of it. Null when it is in none.
   */
  burst: z.strictObject({ calls: SeqNumber, entries: SeqNumber }).nullable(),
  state: AnyJson,
});
export type ShowOutput = z.infer<typeof ShowOutput>;
