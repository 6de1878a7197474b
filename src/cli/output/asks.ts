import { z } from 'zod';
import { AskOutput } from './ask';
import { AnyJson } from './json';

/** What a blocked run asks: an answer to an interrupt, or a signal. */
export const AsksShape = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('interrupt'),
    interruptId: z.string(),
    /** As it stands in the log. */
    value: AnyJson,
    /** What is known of it, where it is more than a plain question. */
    ask: AskOutput.exactOptional(),
  }),
  z.strictObject({ type: z.literal('signal'), name: z.string() }),
]);
