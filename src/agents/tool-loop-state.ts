/** What a tool loop remembers. It stays small however long the conversation is: the messages themselves are artifacts. */
import { z } from 'zod';
import { isAddress } from '../kernel';
import { jsonBytes } from './json-bytes';
import { AnswerSchema, EntrySchema, JsonSchema, ToolCallSchema } from './model-call';

const AddressSchema = z.string().refine(isAddress);

/** Longest first message, in bytes of JSON. */
export const PROMPT_BYTES_MAX = 262_144;

/** Why a loop ended. */
export const ENDS = [...AnswerSchema.shape.finish.options, 'stopped', 'budget', 'closed'] as const;

/** What was spent, or may be. */
const SpendingSchema = z.strictObject({
  calls: z.int().nonnegative(),
  tokens: z.int().nonnegative(),
  /** Calls of models without prices count nothing. */
  usd: z.number().nonnegative(),
});
export type Spending = z.output<typeof SpendingSchema>;

const NOTHING: Spending = { calls: 0, tokens: 0, usd: 0 };

/** A tool call that is under way. */
const RunningSchema = z.strictObject({ actionId: z.string(), call: ToolCallSchema, isEdited: z.boolean() });

/** The state of a tool loop. A run starts from `{ prompt }`; everything else has a default. */
export const ToolLoopState = z.object({
  /** The first message. */
  prompt: z.string().refine((prompt) => jsonBytes(prompt) <= PROMPT_BYTES_MAX, {
    error: ({ input }) =>
      `${jsonBytes(input)} bytes, and ${PROMPT_BYTES_MAX} are possible: let a tool read what is larger`,
  }),
  /** The conversation as the model knows it: the address of its last page. */
  transcript: AddressSchema.nullable().default(null),
  /** Results of the last answer's calls, which the model has not seen. */
  results: z.array(EntrySchema).default([]),
  /** What was said since the last answer, in order. Null: the instructions and the prompt, which nobody has sent yet. */
  said: z.array(EntrySchema).nullable().default(null),
  /** Calls of the last answer that were not asked for yet. */
  calls: z.array(ToolCallSchema).default([]),
  /** Calls that were asked for, in the order of the asking. */
  running: z.array(RunningSchema).default([]),
  /** The model call that is under way, or the wait for a message, or the question about a budget. */
  pending: z
    .strictObject({ actionId: z.string(), is: z.enum(['answer', 'compact', 'listing', 'message']) })
    .nullable()
    .default(null),
  /** The tools of the MCP servers: their names, and the artifact that describes them. */
  mcp: z
    .strictObject({ tools: z.array(z.string()), descriptors: AddressSchema })
    .nullable()
    .default(null),
  /** The last answer that asked for no call. */
  answer: z.strictObject({ text: z.string(), object: JsonSchema.nullable() }).nullable().default(null),
  /** The names of the tools that the last answer called. */
  called: z.array(z.string()).default([]),
  /** The ids of the last answer's calls, in its order. */
  order: z.array(z.string()).default([]),
  /** Answers of the model since the last message of a person. */
  steps: z.int().nonnegative().default(0),
  spent: SpendingSchema.default(NOTHING),
  /** What people granted on top of the budget. */
  granted: SpendingSchema.default(NOTHING),
  /** Tokens that the last answer read: what says when the conversation is to be made shorter. */
  contextTokens: z.int().nonnegative().default(0),
  /** It was made shorter, or could not be, since the last answer. */
  isShortened: z.boolean().default(false),
  /** Tokens that the first answer after that read. */
  shortTokens: z.int().nonnegative().default(0),
  compactions: z.int().nonnegative().default(0),
  /** Why the loop ended; null while it goes on. */
  end: z.enum(ENDS).nullable().default(null),
});
export type ToolLoopState = z.output<typeof ToolLoopState>;

/** What a loop has come to, for whoever decides whether it goes on. */
export interface Progress {
  /** Answers of the model since the last message of a person. */
  readonly steps: number;
  /** The names of the tools that the last answer called. */
  readonly called: readonly string[];
  readonly spent: Spending;
}

/** What {@link Progress} is made of. */
export function progressOf({ steps, called, spent }: ToolLoopState): Progress {
  return { steps, called, spent };
}
