/**
 * The task `answer`: the conversation goes to the model, and what it answers is stored behind what was added. The same entries and the same
 * answer have the same addresses, whichever attempt it was; and of an attempt that failed, nothing is stored.
 */
import { jsonSchema } from 'ai';
import { z } from 'zod';
import { McpToolsSchema, type Answer, type ModelCall } from '../agents';
import { checkSchema, permanent, sealJson, transient, type Json } from '../kernel';
import { askedCalls } from './asked-calls';
import { beginningOf, textWithin } from './bounded-text';
import type { CallScene } from './call-scene';
import { illegalBecause } from './legal-transcript';
import type { AssistantMessage, Message } from './message';
import { usageOf } from './model-host';
import { said, type Said } from './model-request';
import { mcpToolsOffered, sdkTools, type OfferedTools } from './offered-tools';
import { RedactedStream } from './redacted-stream';

/** Longest text that comes back whole, in bytes: it goes into the run's history. The conversation keeps all of it. */
export const ANSWER_TEXT_BYTES_MAX = 65_536;

/** What comes back of a text beside calls, in characters. */
export const ANSWER_BEGINNING_MAX = 200;

/** Largest structured output, in bytes of JSON. */
export const ANSWER_OBJECT_BYTES_MAX = 262_144;

export type AnswerCall = Extract<ModelCall, { readonly task: 'answer' }>;

export async function answer(call: AnswerCall, scene: CallScene): Promise<Answer> {
  const { host, use, conversation, redactor, stream } = scene;
  const read = call.transcript === null ? [] : await conversation.read(call.transcript);
  const before = read.map(({ message }) => message);
  const messages = await legal([...before, ...call.entries], scene);
  const tools = new Map([...scene.tools, ...(await mcpTools(call, scene))]);
  const words = new RedactedStream(redactor);
  const heard = await said({
    host,
    messages,
    tools: sdkTools(tools),
    output: use.output === null ? null : jsonSchema(schemaOf(use.output)),
    maxOutputTokens: use.maxOutputTokens,
    temperature: use.temperature,
    signal: scene.signal,
    redactor,
    onText: (text) => stream?.push(words.push(text)),
    onUsed: (counted, output) => {
      scene.usage.add(usageOf(counted, { input: lengthOf(messages), output }, host.prices));
    },
  });
  stream?.push(words.end());
  const { message, calls, object } = answered(heard, { call, before, tools, scene });
  const { head, stored } = await conversation.transcripts.append(call.transcript, [...call.entries, message]);
  const finish = finishOf(heard, calls.length);
  stream?.end(finish);
  return {
    task: 'answer',
    transcript: head,
    stored: [...stored],
    text:
      calls.length > 0
        ? beginningOf(message.text, ANSWER_BEGINNING_MAX)
        : textWithin(message.text, ANSWER_TEXT_BYTES_MAX),
    ...(object === null ? {} : { object: object.value }),
    calls: [...calls],
    finish,
    model: beginningOf(redactor.redact(heard.model), ANSWER_BEGINNING_MAX),
    usage: scene.usage.total,
  };
}

/** Results in their places; a conversation that no provider takes never leaves the worker. */
async function legal(messages: readonly Message[], { conversation }: CallScene): Promise<readonly Message[]> {
  const reason = illegalBecause(messages);
  if (reason !== null) throw permanent(`the conversation can't be sent to a model: ${reason}`);
  return await conversation.resolved(messages);
}

async function mcpTools({ mcpTools: address }: AnswerCall, { artifacts }: CallScene): Promise<OfferedTools> {
  if (address === null) return new Map();
  const checked = checkSchema(McpToolsSchema, await artifacts.get(address));
  if (!checked.ok) throw permanent(`the tools of MCP servers (${address}) are none: ${checked.reason}`);
  return mcpToolsOffered(checked.value);
}

interface Heard {
  readonly call: AnswerCall;
  readonly before: readonly Message[];
  readonly tools: OfferedTools;
  readonly scene: CallScene;
}

interface Answered {
  readonly message: AssistantMessage;
  readonly calls: Answer['calls'];
  readonly object: { readonly value: Json } | null;
}

/** @throws ActionFailed `transient` for an answer that must not be stored */
function answered(heard: Said, { call, before, tools, scene: { redactor, use } }: Heard): Answered {
  // Some providers take no text of blanks.
  const said = heard.text.trim() === '' ? '' : redactor.redact(heard.text);
  const isEmpty = said === '' && heard.calls.length === 0;
  const isFinal = heard.finish === 'content-filter' || heard.finish === 'length';
  if (isEmpty && !isFinal) throw transient(`model: an answer without any content (finish: ${heard.finish})`);
  // To ask once more would come to the same; and no provider takes a message without content.
  const text = isEmpty ? `(no answer: ${heard.finish})` : said;
  const messages = [...before, ...call.entries];
  const { calls, kept } = askedCalls(heard.calls, { messages, transcript: call.transcript, tools, redactor });
  // Providers want thoughts back only while their calls go on. A signed one can't be redacted: its signature would be worth nothing.
  const thoughts = calls.length === 0 ? [] : heard.thoughts.filter((thought) => !redactor.finds(thought.text));
  return {
    message: { role: 'assistant', text, calls: kept, ...(thoughts.length === 0 ? {} : { thoughts }) },
    calls: [...calls],
    object: use.output === null || calls.length > 0 || isEmpty ? null : { value: objectOf(text, use.output, heard) },
  };
}

function objectOf(text: string, schema: z.ZodType, { finish }: Said): Json {
  const cut = finish === 'length' ? ' (it was cut off at its longest length)' : '';
  const failed = finish === 'length' ? permanent : transient;
  let value: Json;
  try {
    value = sealJson(JSON.parse(text));
  } catch {
    throw failed(`model: structured output that is no JSON${cut}`);
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > ANSWER_OBJECT_BYTES_MAX)
    throw transient(`model: structured output of ${bytes} bytes: ${ANSWER_OBJECT_BYTES_MAX} are possible`);
  const checked = checkSchema(schema, value);
  if (!checked.ok) throw failed(`model: structured output that does not fit its schema: ${checked.reason}${cut}`);
  return value;
}

function schemaOf(schema: z.ZodType): Parameters<typeof jsonSchema>[0] {
  return z.toJSONSchema(schema, { io: 'input' }) as Parameters<typeof jsonSchema>[0];
}

/** Providers differ in what they call an answer with calls, and one without. */
function finishOf({ finish }: Said, calls: number): Answer['finish'] {
  if (finish === 'stop' || finish === 'tool-calls' || finish === 'other')
    return calls > 0 ? 'tool-calls' : finish === 'other' ? 'other' : 'stop';
  return finish;
}

function lengthOf(messages: readonly Message[]): number {
  return JSON.stringify(messages).length;
}
