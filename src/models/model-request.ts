/**
 * One request to a model, through the AI SDK: streamed, never repeated by the SDK (the program's policy decides about that), and with tools
 * that the SDK only offers. Whatever goes wrong comes out as the kernel's kinds.
 */
import { Output, streamText, type TextStreamPart, type ToolSet } from 'ai';
import { transient } from '../kernel';
import { promptOf, type Message, type ProviderOptions } from './message';
import type { CountedTokens, ModelHost } from './model-host';
import { providerFailure } from './provider-failure';
import type { Redactor } from './redactor';
import { omitsCallIds } from './omitted-call-ids';

export interface ModelRequest {
  readonly host: ModelHost;
  readonly messages: readonly Message[];
  readonly tools: ToolSet;
  readonly output: Parameters<typeof Output.object>[0]['schema'] | null;
  readonly maxOutputTokens: number | null;
  readonly temperature: number | null;
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
  /** Told of each piece of text as it comes. */
  readonly onText: (text: string) => void;
  /** Told what the answer used, before anything in it can be refused; with its characters, for a provider that does not count. */
  readonly onUsed: (counted: CountedTokens, characters: number) => void;
}

/** A call as the model wrote it. */
export interface SaidCall {
  /** Null where the provider gave none. */
  readonly id: string | null;
  readonly tool: string;
  /** Parsed JSON; the raw text where it is no JSON. */
  readonly input: unknown;
  readonly isJson: boolean;
  readonly provider: ProviderOptions | undefined;
}

export type SaidFinish = 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'other';

/** What a model said. */
export interface Said {
  readonly text: string;
  readonly calls: readonly SaidCall[];
  /** Thoughts with the marks of their provider. */
  readonly thoughts: readonly { readonly text: string; readonly provider: ProviderOptions }[];
  readonly finish: SaidFinish;
  readonly model: string;
}

/** Longest answer, in characters: whatever is longer is cut off with its connection. */
export const SAID_LENGTH_MAX = 8 * 1024 * 1024;

/**
 * @throws ActionFailed of the kind that the failure is of; its text has no secret
 */
export async function said(request: ModelRequest): Promise<Said> {
  const abort = new AbortController();
  const signal = AbortSignal.any([request.signal, abort.signal]);
  try {
    return await read(streamOf(request, signal), request);
  } catch (error) {
    if (request.signal.aborted) throw transient('model: the call was stopped');
    throw providerFailure(error, request.redactor);
  } finally {
    // A connection whose rest nobody reads must not stay open.
    abort.abort();
  }
}

type Parts = AsyncIterable<TextStreamPart<ToolSet>>;

function streamOf(
  { host, messages, tools, output, maxOutputTokens, temperature }: ModelRequest,
  signal: AbortSignal,
): Parts {
  const prompt = promptOf(messages);
  const { fullStream } = streamText({
    model: host.model,
    messages: prompt.messages,
    ...(prompt.system === null ? {} : { system: prompt.system }),
    ...(Object.keys(tools).length === 0 ? {} : { tools }),
    ...(output === null ? {} : { output: Output.object({ schema: output }) }),
    ...(maxOutputTokens === null ? {} : { maxOutputTokens }),
    ...(temperature === null ? {} : { temperature }),
    maxRetries: 0,
    includeRawChunks: true,
    abortSignal: signal,
    // By default the SDK prints errors, with what they carry.
    onError: () => undefined,
  });
  return fullStream;
}

async function read(parts: Parts, { host, signal, onText, onUsed }: ModelRequest): Promise<Said> {
  let text = '';
  let length = 0;
  let omitsIds = false;
  let finish: SaidFinish | null = null;
  let model = host.model.modelId;
  const calls: SaidCall[] = [];
  const thoughts = new Map<string, { text: string; provider: ProviderOptions | undefined }>();
  const use = (counted: CountedTokens): void => {
    // An attempt that is over has no heartbeats any more.
    if (!signal.aborted) onUsed(counted, length);
  };
  const grow = (by: number): void => {
    length += by;
    if (length <= SAID_LENGTH_MAX) return;
    use({ inputTokens: undefined, outputTokens: undefined });
    throw transient(`the model said more than ${SAID_LENGTH_MAX} characters`);
  };
  for await (const part of parts) {
    switch (part.type) {
      case 'text-delta':
        grow(part.text.length);
        text += part.text;
        onText(part.text);
        break;
      case 'reasoning-start':
        thoughts.set(part.id, { text: '', provider: optionsOf(part.providerMetadata) });
        break;
      case 'reasoning-delta':
      case 'reasoning-end': {
        const thought = thoughts.get(part.id);
        if (thought === undefined) break;
        if (part.type === 'reasoning-delta') {
          grow(part.text.length);
          thought.text += part.text;
        }
        thought.provider = optionsOf(part.providerMetadata) ?? thought.provider;
        break;
      }
      case 'tool-input-delta':
        grow(part.delta.length);
        break;
      case 'tool-call':
        calls.push({
          id: part.toolCallId,
          tool: part.toolName,
          input: part.input,
          isJson: !(part.invalid === true && typeof part.input === 'string'),
          provider: optionsOf(part.providerMetadata),
        });
        break;
      case 'raw':
        omitsIds ||= omitsCallIds(part.rawValue);
        break;
      case 'finish-step':
        // A body without an answer in it ends so too, and nobody has worked for it.
        if (length > 0 || calls.length > 0 || isCounted(part.usage) || part.finishReason === 'length') use(part.usage);
        finish = finishOf(part.finishReason);
        model = part.response.modelId;
        break;
      case 'error':
        throw part.error;
      case 'abort':
        throw transient('the call was stopped');
      default:
        // Files, sources and the SDK's own book-keeping are no part of an answer.
        break;
    }
  }
  if (finish === null) throw transient('the answer ended before it was whole');
  return {
    text: text.toWellFormed(),
    calls: omitsIds ? calls.map((call) => ({ ...call, id: null })) : calls,
    thoughts: [...thoughts.values()].flatMap(({ text: thought, provider }) =>
      provider === undefined ? [] : [{ text: thought.toWellFormed(), provider }],
    ),
    finish,
    model,
  };
}

function isCounted({ inputTokens, outputTokens }: CountedTokens): boolean {
  return inputTokens !== undefined || outputTokens !== undefined;
}

function finishOf(reason: SaidFinish | 'error'): SaidFinish {
  if (reason === 'error') throw transient('the provider broke its answer off');
  return reason;
}

/** What a provider attached may be of any size and make: only what JSON can say is kept. */
function optionsOf(metadata: unknown): ProviderOptions | undefined {
  if (metadata === undefined) return undefined;
  const options = JSON.parse(JSON.stringify(metadata)) as ProviderOptions;
  const isEmpty = Object.values(options).every((each) => Object.keys(each).length === 0);
  return isEmpty ? undefined : options;
}
