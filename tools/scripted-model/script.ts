/**
 * What a scripted model says, and what goes wrong while it does: turns, one for each answer of a conversation. Which turn is next is counted by
 * the answers that a request has in it; so a request that is made again, by a restarted attempt, gets the same answer.
 */
import { z } from 'zod';

const CallSchema = z.strictObject({
  tool: z.string(),
  arguments: z.json().optional(),
  /** In the place of `arguments`: sent as it is, whether or not it is JSON. */
  rawArguments: z.string().optional(),
  /** Default: one that follows from the turn. Null: none is sent. */
  id: z.string().nullable().optional(),
});

const FaultSchema = z.discriminatedUnion('type', [
  /** 429. `retryAfter` is the header's text: seconds or an HTTP date. */
  z.strictObject({
    type: z.literal('rate-limit'),
    retryAfter: z.string().optional(),
    retryAfterMs: z.int().nonnegative().optional(),
    message: z.string().optional(),
  }),
  /** Any status with the protocol's error body, or the body given. */
  z.strictObject({
    type: z.literal('status'),
    status: z.int().min(300).max(599),
    message: z.string().optional(),
    body: z.string().optional(),
  }),
  /** The connection is cut: before the first byte, or after so many chunks of the stream. */
  z.strictObject({ type: z.literal('cut'), afterChunks: z.int().nonnegative() }),
  /** 200, and a body that is no answer. */
  z.strictObject({ type: z.literal('malformed') }),
  /** 200, and no body. */
  z.strictObject({ type: z.literal('empty') }),
  /** An error of the protocol in the middle of the stream. */
  z.strictObject({
    type: z.literal('error-in-stream'),
    afterChunks: z.int().nonnegative(),
    message: z.string(),
    code: z.union([z.string(), z.int()]).optional(),
  }),
  /** Nothing more is sent after so many chunks, until `release()` or until the client goes. */
  z.strictObject({ type: z.literal('hang'), afterChunks: z.int().nonnegative() }),
]);
export type Fault = z.output<typeof FaultSchema>;

const TurnSchema = z.strictObject({
  /** Given when the last message of a request has this text in it, whatever its place; such turns do not count. */
  when: z.string().optional(),
  text: z.string().optional(),
  /** Structured output: sent as its JSON. */
  object: z.json().optional(),
  calls: z.array(CallSchema).optional(),
  finish: z.enum(['stop', 'tool_calls', 'length', 'content_filter']).optional(),
  usage: z.strictObject({ input: z.int().nonnegative(), output: z.int().nonnegative() }).nullable().optional(),
  /** What goes wrong first: the first request of the turn meets the first fault, the next one the second, and then the answer comes. */
  faults: z.array(FaultSchema).optional(),
  /** Between two chunks, in milliseconds. */
  paceMs: z.int().nonnegative().optional(),
});
export type Turn = z.output<typeof TurnSchema>;

/** A script that can be kept in a file. */
export const ScriptSchema = z.array(TurnSchema);

/** Turns in order, or what chooses one for a request; null: there is none. */
export type Script = readonly Turn[] | ((request: ChatRequest) => Turn | null);

const MessageSchema = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.unknown().optional(),
  tool_calls: z.array(z.looseObject({ id: z.string(), function: z.looseObject({ name: z.string() }) })).optional(),
  tool_call_id: z.string().optional(),
});
export type ChatMessage = z.output<typeof MessageSchema>;

/** What a client asks in the protocol. */
export const ChatRequestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(MessageSchema),
  stream: z.boolean().optional(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).optional(),
  tools: z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) })).optional(),
  response_format: z.looseObject({ type: z.string() }).optional(),
});
export type ChatRequest = z.output<typeof ChatRequestSchema>;

/** The turn that answers a request, and its place; null when the script has none. */
export function turnFor(script: Script, request: ChatRequest): { readonly turn: Turn; readonly place: string } | null {
  const answers = request.messages.filter(({ role }) => role === 'assistant').length;
  if (typeof script === 'function') {
    const turn = script(request);
    return turn === null ? null : { turn, place: `answer ${answers}` };
  }
  const last = contentText(request.messages.at(-1));
  const matching = script.findIndex(({ when }) => when !== undefined && last.includes(when));
  const inOrder = script.filter(({ when }) => when === undefined);
  const turn = matching === -1 ? inOrder[answers] : script[matching];
  if (turn === undefined) return null;
  return { turn, place: matching === -1 ? `answer ${answers}` : `match ${matching}` };
}

/** The text of a message, whichever of the protocol's forms it has. */
export function contentText(message: ChatMessage | undefined): string {
  const content = message?.content ?? '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { readonly text?: unknown }) => (typeof part.text === 'string' ? part.text : '')).join('');
}
