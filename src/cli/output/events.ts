import { z } from 'zod';
import { HashText, Moment, SeqNumber, Wire } from './json';

/** An entry of a log: `events --json` lists them, `watch --json` prints one a line. */
export const EntryOutput = z.strictObject({
  seq: z.int().positive(),
  /** The event in the specification's wire form. */
  event: Wire,
  stateHash: HashText,
  hash: HashText,
  /** When the server recorded what caused it. */
  at: Moment,
  /** Where it comes from in Temporal's history. */
  executionId: z.string(),
  historyEventId: z.int().nonnegative(),
});
export type EntryOutput = z.infer<typeof EntryOutput>;

/** `events --json`. */
export const EventsOutput = z.strictObject({
  runId: z.string(),
  head: SeqNumber,
  entries: z.array(EntryOutput).readonly(),
  /** Where the next page begins; null when this is the last one. */
  next: z.int().positive().nullable(),
});
export type EventsOutput = z.infer<typeof EventsOutput>;
