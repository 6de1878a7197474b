import { z } from 'zod';
import { AsksShape } from './asks';
import { EntryOutput } from './events';
import { HashText, SeqNumber, StatusText } from './json';

/** A line of `watch --json`: the entries as they come, and at last where the run stands. */
export const WatchLine = z.discriminatedUnion('type', [
  EntryOutput.extend({ type: z.literal('entry') }),
  z.strictObject({
    type: z.literal('standing'),
    runId: z.string(),
    status: StatusText,
    reason: z.string().nullable(),
    asks: AsksShape.nullable(),
    head: SeqNumber,
    hash: HashText,
  }),
]);
export type WatchLine = z.infer<typeof WatchLine>;
