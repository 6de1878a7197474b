/** A turn in the protocol's words: the chunks of a stream, or one whole completion. Texts and arguments are split as real servers do. */
import type { ChatRequest, Turn } from './script';

/** Characters in one piece of a text, and of a call's arguments; more where there would be more pieces than {@link PIECES_MAX}. */
const PIECE_LENGTH = 7;

const PIECES_MAX = 500;

type Body = Readonly<Record<string, unknown>>;

/** The chunks of a streamed answer, without the closing `[DONE]`. */
export function chunksOf(turn: Turn, request: ChatRequest, place: string): readonly Body[] {
  const base = baseOf(request, place, 'chat.completion.chunk');
  const delta = (body: Body): Body => ({ ...base, choices: [{ index: 0, delta: body, finish_reason: null }] });
  const usage = usageOf(turn, request);
  return [
    delta({ role: 'assistant', content: '' }),
    ...pieces(textOf(turn)).map((content) => delta({ content })),
    ...callsOf(turn, place).flatMap(({ id, name, args }, index) => [
      delta({
        tool_calls: [{ index, ...(id === null ? {} : { id }), type: 'function', function: { name, arguments: '' } }],
      }),
      ...pieces(args).map((piece) => delta({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ]),
    { ...base, choices: [{ index: 0, delta: {}, finish_reason: finishOf(turn) }] },
    ...(usage === null || request.stream_options?.include_usage !== true ? [] : [{ ...base, choices: [], usage }]),
  ];
}

/** The whole answer at once. */
export function completionOf(turn: Turn, request: ChatRequest, place: string): Body {
  const text = textOf(turn);
  const calls = callsOf(turn, place).map(({ id, name, args }) => ({
    ...(id === null ? {} : { id }),
    type: 'function',
    function: { name, arguments: args },
  }));
  return {
    ...baseOf(request, place, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text === '' ? null : text,
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        finish_reason: finishOf(turn),
      },
    ],
    usage: usageOf(turn, request) ?? undefined,
  };
}

function baseOf({ model }: ChatRequest, place: string, object: string): Body {
  return { id: `scripted-${place.replace(' ', '-')}`, object, created: 0, model };
}

function textOf({ text = '', object }: Turn): string {
  return object === undefined ? text : JSON.stringify(object);
}

function finishOf({ finish, calls = [] }: Turn): string {
  return finish ?? (calls.length > 0 ? 'tool_calls' : 'stop');
}

function usageOf(turn: Turn, { messages }: ChatRequest): Body | null {
  if (turn.usage === null) return null;
  const input = turn.usage?.input ?? Math.ceil(JSON.stringify(messages).length / 4);
  const output = turn.usage?.output ?? Math.ceil((textOf(turn).length + JSON.stringify(turn.calls ?? []).length) / 4);
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function callsOf({ calls = [] }: Turn, place: string) {
  return calls.map((call, index) => ({
    id: call.id === undefined ? `call_${place.replace(' ', '_')}_${index}` : call.id,
    name: call.tool,
    args: call.rawArguments ?? JSON.stringify(call.arguments ?? {}),
  }));
}

function pieces(text: string): readonly string[] {
  // By characters, so that none is cut in two.
  const characters = Array.from(text);
  const length = Math.max(PIECE_LENGTH, Math.ceil(characters.length / PIECES_MAX));
  const count = Math.ceil(characters.length / length);
  return Array.from({ length: count }, (_, at) => characters.slice(at * length, (at + 1) * length).join(''));
}
