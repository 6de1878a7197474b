/**
 * The messages of a conversation as they are stored, and as the AI SDK wants them.
 *
 * A stored message belongs to no provider: the next call may go to another one. What only its provider understands (signed thoughts, marks
 * on calls) stands beside it, and the AI SDK gives it to that provider alone.
 */
import type { ModelMessage } from 'ai';
import { z } from 'zod';
import { EntrySchema } from '../agents';
import type { Json } from '../kernel';

const JsonSchema = z.json() as unknown as z.ZodType<Json>;

/** What a provider attached, by the provider's name. */
const ProviderOptionsSchema = z.record(z.string(), z.record(z.string(), JsonSchema));
export type ProviderOptions = z.output<typeof ProviderOptionsSchema>;

/** What a model answered. */
const AssistantMessageSchema = z.strictObject({
  role: z.literal('assistant'),
  text: z.string(),
  calls: z.array(
    z.strictObject({
      callId: z.string(),
      tool: z.string(),
      input: JsonSchema,
      provider: ProviderOptionsSchema.optional(),
    }),
  ),
  /** Thoughts that the provider signed: it wants them back. Others are not kept. */
  thoughts: z.array(z.strictObject({ text: z.string(), provider: ProviderOptionsSchema })).optional(),
});
export type AssistantMessage = z.output<typeof AssistantMessageSchema>;

export const MessageSchema = z.discriminatedUnion('role', [...EntrySchema.options, AssistantMessageSchema]);
export type Message = z.output<typeof MessageSchema>;

/** A conversation as the AI SDK wants it. Results must be in their place already. */
export interface Prompt {
  /** The leading system message. */
  readonly system: string | null;
  readonly messages: ModelMessage[];
}

export function promptOf(messages: readonly Message[]): Prompt {
  const [first] = messages;
  const system = first?.role === 'system' ? first.text : null;
  const rest = system === null ? messages : messages.slice(1);
  return { system, messages: rest.map(modelMessageOf) };
}

function modelMessageOf(message: Message): ModelMessage {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text };
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: message.text }] };
    case 'assistant':
      return assistantMessageOf(message);
    case 'tool': {
      const { callId, tool, result, isError } = message;
      return {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: callId, toolName: tool, output: outputOf(result, isError) }],
      };
    }
  }
}

function assistantMessageOf({ text, calls, thoughts = [] }: AssistantMessage): ModelMessage {
  return {
    role: 'assistant',
    content: [
      ...thoughts.map((thought) => ({
        type: 'reasoning' as const,
        text: thought.text,
        providerOptions: mutable(thought.provider),
      })),
      ...(text === '' ? [] : [{ type: 'text' as const, text }]),
      ...calls.map(({ callId, tool, input, provider }) => ({
        type: 'tool-call' as const,
        toolCallId: callId,
        toolName: tool,
        input,
        ...(provider === undefined ? {} : { providerOptions: mutable(provider) }),
      })),
    ],
  };
}

type SdkOptions = NonNullable<ModelMessage['providerOptions']>;

/** The AI SDK's types know no read-only JSON. */
function mutable(options: ProviderOptions): SdkOptions {
  return options as SdkOptions;
}

type ToolOutput = Extract<
  Extract<ModelMessage, { role: 'tool' }>['content'][number],
  { type: 'tool-result' }
>['output'];

function outputOf(result: Json, isError: boolean): ToolOutput {
  if (typeof result === 'string') return { type: isError ? 'error-text' : 'text', value: result };
  return { type: isError ? 'error-json' : 'json', value: result as Extract<ToolOutput, { type: 'json' }>['value'] };
}
