import { z } from 'zod';
import { AnyJson, HashText, SeqNumber } from './json';

/** `state --json`. */
export const StateOutput = z.strictObject({
  runId: z.string(),
  /** The entry after which this was the state; 0 for the state that the run began with. */
  seq: SeqNumber,
  stateHash: HashText,
  state: AnyJson,
});
export type StateOutput = z.infer<typeof StateOutput>;
