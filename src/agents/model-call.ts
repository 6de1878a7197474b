/**
 * What a program and a worker say to each other about a model call: the input and the output of `CallLLM`. Both are small however long the
 * conversation is: its messages are artifacts, and the program knows the address of the last one.
 *
 * It runs in the sandbox: no Node.js, nothing of a provider.
 */
import { z } from 'zod';
import { ARTIFACT_TAG, isAddress, type Address, type ArtifactRef, type Json } from '../kernel';
import { jsonBytes } from './json-bytes';

/** The reference to an artifact. */
export const ArtifactRefSchema = z.strictObject({
  [ARTIFACT_TAG]: z.strictObject({ address: z.string().refine(isAddress), bytes: z.int().nonnegative() }),
}) as unknown as z.ZodType<ArtifactRef>;

/** Any JSON value. */
export const JsonSchema = z.json() as unknown as z.ZodType<Json>;

const AddressSchema: z.ZodType<Address> = z.string().refine(isAddress, 'no address of an artifact');

/** Most entries that one call adds. */
export const ENTRIES_MAX = 1_000;

/** Most bytes of JSON of all entries of one call together: its input goes into the run's history, where 2 MB are possible. */
export const ENTRIES_BYTES_MAX = 1_310_720;

/** What a program adds to a conversation. What the model answers is added by the call itself. */
export const EntrySchema = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), text: z.string() }),
  z.strictObject({ role: z.literal('user'), text: z.string() }),
  /** What came of a tool call; the result may be an artifact, which is put in its place before the model sees it. */
  z.strictObject({
    role: z.literal('tool'),
    callId: z.string(),
    tool: z.string(),
    result: JsonSchema,
    isError: z.boolean(),
  }),
]);
export type Entry = z.output<typeof EntrySchema>;

/** What goes into `CallLLM`. */
export const ModelCallSchema = z.discriminatedUnion('task', [
  /** The next answer. */
  z.strictObject({
    task: z.literal('answer'),
    /** The conversation so far: the address of its last page. Null: there is none yet. */
    transcript: AddressSchema.nullable(),
    /** What was said since, in order. */
    entries: z
      .array(EntrySchema)
      .max(ENTRIES_MAX)
      .refine((entries) => jsonBytes(entries) <= ENTRIES_BYTES_MAX, {
        error: ({ input }) =>
          `${jsonBytes(input)} bytes together, and ${ENTRIES_BYTES_MAX} are possible: put what is large into artifacts`,
      }),
    /** The tools of MCP servers that the model is offered beside the program's own: `McpTools`, as an artifact. */
    mcpTools: AddressSchema.nullable(),
  }),
  /** The same conversation, made shorter: what is old becomes a summary. */
  z.strictObject({
    task: z.literal('compact'),
    transcript: AddressSchema,
    /** Messages at the end that stay as they are; some more may, so that no call loses its result. */
    keep: z.int().positive(),
  }),
]);
export type ModelCall = z.output<typeof ModelCallSchema>;

const COUNTS = {
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  totalTokens: z.int().nonnegative(),
  /** Null where nobody gave the model's prices. */
  costUsd: z.number().nonnegative().nullable(),
};

/** What a call used, in all its attempts. */
export const UsageSchema = z.strictObject({
  ...COUNTS,
  /** What of it went into attempts whose answers were refused or lost. Absent where there was nothing of the kind. */
  failedAttempts: z.strictObject(COUNTS).exactOptional(),
});
export type Usage = z.output<typeof UsageSchema>;

/** A call that the model asks for. */
export const ToolCallSchema = z.strictObject({
  callId: z.string(),
  tool: z.string(),
  input: JsonSchema,
  /** Why it can't be made: there is no such tool, or the input does not fit. The model is told. */
  refused: z.string().nullable(),
});
export type ToolCall = z.output<typeof ToolCallSchema>;

export const FINISHES = ['stop', 'tool-calls', 'length', 'content-filter', 'other'] as const;

/** What comes out of `CallLLM` with the task `answer`. */
export const AnswerSchema = z.strictObject({
  task: z.literal('answer'),
  /** The conversation with what was added and the answer. */
  transcript: AddressSchema,
  /** What was stored for it. */
  stored: z.array(ArtifactRefSchema),
  /** What the model said, but for its calls: whole when it asks for no call, else its beginning. */
  text: z.string(),
  /** Structured output, where the program wants it and the answer asks for no call. */
  object: JsonSchema.optional(),
  calls: z.array(ToolCallSchema),
  finish: z.enum(FINISHES),
  /** The model that answered, as its provider names it. */
  model: z.string(),
  usage: UsageSchema,
});
export type Answer = z.output<typeof AnswerSchema>;

/** What comes out of `CallLLM` with the task `compact`. */
export const CompactionSchema = z.strictObject({
  task: z.literal('compact'),
  transcript: AddressSchema,
  stored: z.array(ArtifactRefSchema),
  /** Messages before and after; `kept` of them are the same. */
  before: z.int().nonnegative(),
  after: z.int().nonnegative(),
  kept: z.int().nonnegative(),
  model: z.string(),
  usage: UsageSchema,
});
export type Compaction = z.output<typeof CompactionSchema>;

export const ModelResultSchema = z.discriminatedUnion('task', [AnswerSchema, CompactionSchema]);
export type ModelResult = z.output<typeof ModelResultSchema>;

/** The tools of MCP servers, as they are stored. */
export const McpToolsSchema = z.array(
  z.strictObject({
    /** `server__tool`: what the model calls it. */
    name: z.string(),
    server: z.string(),
    tool: z.string(),
    description: z.string(),
    inputSchema: z.record(z.string(), JsonSchema),
  }),
);
export type McpTools = z.output<typeof McpToolsSchema>;

/** What a model is given with every call, which a worker reads off the program: its tools and what it must answer. */
export interface ModelUse {
  /** Names of the program's tools that it is offered. */
  readonly tools: readonly string[];
  /** The structure of the answer; null for text. */
  readonly output: z.ZodType | null;
  readonly maxOutputTokens: number | null;
  readonly temperature: number | null;
}
