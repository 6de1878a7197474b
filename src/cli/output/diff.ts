import { z } from 'zod';
import { AnyJson, HashText, SeqNumber } from './json';

const Side = z.strictObject({
  runId: z.string(),
  program: z.string(),
  version: z.int().positive(),
  head: SeqNumber,
  /** The event at the place of the difference, in the specification's wire form; null where the log has none. */
  event: AnyJson,
  stateHash: HashText.nullable(),
});

/** A place in which two values differ, as a JSON pointer; a member that is missing on one side is absent there. */
const Place = z.strictObject({ path: z.string(), a: AnyJson.optional(), b: AnyJson.optional() });

/** `diff --json`. */
export const DiffOutput = z.strictObject({
  same: z.boolean(),
  /** The first seq that differs; 0 when the runs began otherwise; null when they are the same. */
  seq: SeqNumber.nullable(),
  in: z.array(z.enum(['program', 'initialState', 'event', 'state', 'end'])).readonly(),
  a: Side,
  b: Side,
  /** Where the events differ. */
  event: z.array(Place).readonly(),
  /** Where the states after them differ; null where a state can't be made, because the program is not known here. */
  state: z.array(Place).readonly().nullable(),
});
export type DiffOutput = z.infer<typeof DiffOutput>;
