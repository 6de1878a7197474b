/**
 * The calls that a model asks for, checked: what can't be made is refused with the reason, so that the model is told. Each has an id that no
 * other call of its conversation has, and a name that every provider takes.
 */
import type { ToolCall } from '../agents';
import { canonicalJson, isPlainObject, messageOf, sealJson, sha256Hex, type Address, type Json } from '../kernel';
import type { AssistantMessage, Message } from './message';
import type { SaidCall } from './model-request';
import type { OfferedTools } from './offered-tools';
import type { Redactor } from './redactor';

/** Most calls of one answer; a model that asks for more sees that the rest was not made. */
export const CALLS_MAX = 64;

/** Largest input of a call, as canonical JSON in bytes: it goes into the run's history. */
export const CALL_INPUT_BYTES_MAX = 65_536;

/** Most bytes of all inputs of one answer together. */
export const CALLS_INPUT_BYTES_MAX = 262_144;

/** Longest reason, in characters. */
const REASON_LENGTH_MAX = 500;

const CALL_ID = /^[\w.:-]{1,128}$/;

/** The calls of one answer: as the program is told of them, and as the transcript keeps them. */
export interface AskedCalls {
  readonly calls: readonly ToolCall[];
  readonly kept: AssistantMessage['calls'];
}

export interface AskedIn {
  /** What was said before. */
  readonly messages: readonly Message[];
  /** The conversation that it goes on from. */
  readonly transcript: Address | null;
  readonly tools: OfferedTools;
  readonly redactor: Redactor;
}

export function askedCalls(said: readonly SaidCall[], asked: AskedIn): AskedCalls {
  const ids = new CallIds(asked);
  let bytesLeft = CALLS_INPUT_BYTES_MAX;
  const calls: ToolCall[] = [];
  const kept: AskedCalls['kept'] = [];
  for (const call of said.slice(0, CALLS_MAX)) {
    const { callId, isOwn } = ids.next(call.id);
    const checked = check(call, asked, Math.min(bytesLeft, CALL_INPUT_BYTES_MAX));
    bytesLeft -= checked.bytes;
    const tool = plainName(asked.redactor.redact(call.tool));
    calls.push({ callId, tool, input: checked.input, refused: checked.refused });
    // A provider's marks belong to its own id.
    const marks = isOwn || call.provider === undefined ? {} : { provider: call.provider };
    kept.push({ callId, tool, input: checked.input, ...marks });
  }
  return { calls, kept };
}

interface CheckedCall {
  readonly input: Json;
  readonly bytes: number;
  readonly refused: string | null;
}

function check({ tool, input, isJson }: SaidCall, { tools, redactor }: AskedIn, bytesMax: number): CheckedCall {
  // An input that is refused is kept only where it does no harm: some providers take none but objects.
  const refuse = (reason: string, kept: Json = EMPTY): CheckedCall => ({
    input: kept,
    bytes: bytesOf(kept),
    refused: shortened(redactor.redact(reason).toWellFormed()),
  });
  if (!isJson) return refuse(`the arguments are no JSON: ${shortened(redactor.redact(String(input)), 100)}`);
  let value: Json;
  try {
    value = sealJson(input);
  } catch (error) {
    return refuse(`the arguments are no JSON: ${messageOf(error)}`);
  }
  const bytes = bytesOf(value);
  if (bytes > bytesMax) return refuse(`the arguments are too large: ${bytes} bytes, and ${bytesMax} are possible`);
  if (redactor.finds(value)) {
    const reason =
      'a secret value stands in the arguments: a call with it is not made. Use a tool that has the secret itself';
    return refuse(reason, objectOr(redactor.redactJson(value)));
  }
  const offered = tools.get(tool);
  if (offered === undefined) {
    return refuse(`there is no tool ${tool}; there are: ${[...tools.keys()].join(', ')}`, objectOr(value));
  }
  const misfit = offered.misfit(value);
  if (misfit !== null) return refuse(`the arguments do not fit the schema of ${tool}: ${misfit}`, objectOr(value));
  return { input: value, bytes, refused: null };
}

const EMPTY: Json = Object.freeze({});

function objectOr(value: Json): Json {
  return isPlainObject(value) ? value : EMPTY;
}

function bytesOf(value: Json): number {
  return Buffer.byteLength(canonicalJson(value));
}

function shortened(text: string, max = REASON_LENGTH_MAX): string {
  return text.length > max ? `${text.slice(0, max).toWellFormed()} …` : text;
}

/** Providers refuse a conversation with names of other characters, even of calls that were never made. */
function plainName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
  return plain === '' ? '_' : plain;
}

/** The provider's own ids, as long as they are good; else ids that follow from the conversation, so that the same answer has the same. */
class CallIds {
  readonly #redactor: Redactor;
  readonly #taken: Set<string>;
  readonly #seed: string;
  #count = 0;

  constructor({ messages, transcript, redactor }: AskedIn) {
    this.#redactor = redactor;
    this.#taken = new Set(messages.flatMap((each) => (each.role === 'assistant' ? each.calls : [])).map(idOf));
    this.#seed = `${transcript ?? ''}:${messages.length}`;
  }

  next(given: string | null): { readonly callId: string; readonly isOwn: boolean } {
    if (given !== null && CALL_ID.test(given) && !this.#taken.has(given) && !this.#redactor.finds(given)) {
      this.#taken.add(given);
      return { callId: given, isOwn: false };
    }
    for (;;) {
      this.#count += 1;
      // Nine letters and digits: the shortest ids that a provider asks for.
      const callId = sha256Hex(`${this.#seed}:${this.#count}`).slice(0, 9);
      if (this.#taken.has(callId)) continue;
      this.#taken.add(callId);
      return { callId, isOwn: true };
    }
  }
}

function idOf({ callId }: { readonly callId: string }): string {
  return callId;
}
