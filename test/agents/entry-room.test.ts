/** What goes into one model call, together: however much is said and however much comes back, it stays what a server takes. */
import fc from 'fast-check';
import {
  ENTRIES_BYTES_MAX,
  ModelCallSchema,
  NO_ROOM_MARK,
  RESULTS_BYTES_MAX,
  SAID_BYTES_MAX,
  type Entry,
} from '../../src/agents';
import { checkSchema, type Json } from '../../src/kernel';
import { add, Loop } from './told-loop';

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const textOf = (entry: Entry | undefined): string => (entry?.role === 'user' ? entry.text : '');

/** What a tool that this library does not run gives back is as long as it likes. */
const foreign = { ...add, output: { safeParse: (data: unknown) => ({ success: true as const, data: data as never }) } };
const asked = (count: number): Loop => {
  const calls = Array.from({ length: count }, (_, at) => ({
    callId: `c${at}`,
    tool: 'add',
    input: { a: at, b: 0 },
    refused: null,
  }));
  return new Loop({ tools: { add: foreign }, parallel: 64 }).step().answer({ calls, finish: 'tool-calls' });
};

function settle(loop: Loop, outputs: readonly Json[]): Loop {
  for (const [at, { actionId }] of loop.machine.running.entries()) {
    loop.machine.deliver({ type: 'result', actionId, result: { type: 'success', output: outputs[at] as Json } });
  }
  return loop.step();
}

describe('given results of one answer', () => {
  test('when they are too large together, then what does not fit is a short failure, and each call has its result', () => {
    const { entries, calls } = settle(asked(64), Array<string>(64).fill('x'.repeat(100_000)));
    expect(entries.map((entry) => entry.role === 'tool' && entry.callId)).toEqual(
      Array.from({ length: 64 }, (_, at) => `c${at}`),
    );
    expect(entries.map((entry) => entry.role === 'tool' && entry.isError)).toEqual([
      ...Array<boolean>(5).fill(false),
      ...Array<boolean>(59).fill(true),
    ]);
    expect(entries[5]).toMatchObject({
      result:
        'the call was made, but what it gave does not fit: it has 100002 bytes, and the results of one answer may have ' +
        '524288 together. Ask for less at once',
    });
    expect(checkSchema(ModelCallSchema, calls.at(-1))).toMatchObject({ ok: true });
  });

  test('when one is too large by itself, then the others are there', () => {
    const { entries } = settle(asked(2), ['x'.repeat(RESULTS_BYTES_MAX), 'small']);
    expect(entries).toMatchObject([{ isError: true }, { isError: false, result: 'small' }]);
  });
});

describe('given messages in between', () => {
  const steered = (texts: readonly string[]): Loop => {
    const loop = asked(1);
    for (const text of texts) expect(loop.machine.deliver({ type: 'steer', message: text })).toBeNull();
    return loop.result(3);
  };

  test('when they are too large together, then the one that does not fit is cut, and the rest is missing', () => {
    const { entries } = steered([...Array<string>(30).fill('é'.repeat(30_000)), 'the last word']);
    expect(entries).toHaveLength(10);
    expect(textOf(entries[8])).toBe('é'.repeat(30_000));
    expect(textOf(entries[9])).toMatch(/^é{10000,30000} … \[cut: no more fits into one model call\]$/);
    expect(bytesOf(entries)).toBeLessThan(SAID_BYTES_MAX + 1_000);
    // What was cut is nobody's to find, so it is said once.
    expect(JSON.stringify(entries).split(NO_ROOM_MARK)).toHaveLength(2);
  });

  test('when more are small than a call has messages, then nothing is missing', () => {
    const texts = Array.from({ length: 150 }, (_, at) => `message ${at}`);
    const { entries } = steered(texts);
    expect(entries.length).toBeLessThanOrEqual(101);
    expect(entries.slice(1).map(textOf).join('\n\n')).toBe(texts.join('\n\n'));
  });

  test('when they are of any kind, then a call is never too large', () => {
    const anyText = fc
      .tuple(fc.constantFrom('x', 'é', '😀', '\u0000', '"'), fc.nat(60_000))
      .map(([unit, length]) => unit.repeat(length / unit.length));
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 20 }), (texts) => {
        expect(bytesOf(steered(texts).entries)).toBeLessThan(SAID_BYTES_MAX + 1_000);
      }),
      { numRuns: 20 },
    );
  }, 30_000);
});

test('given a first message that is too large, when a run starts from it, then it is refused', () => {
  expect(() => new Loop({}, 'x'.repeat(262_143))).toThrow(
    expect.objectContaining({
      code: 'InvalidInitialState',
      message: expect.stringContaining('262145 bytes, and 262144 are possible') as string,
    }) as Error,
  );
});

test('given entries of a program of one’s own, when they are too large together, then they are no model call', () => {
  const entries = Array.from({ length: 21 }, () => ({ role: 'user', text: 'x'.repeat(65_536) }));
  const checked = checkSchema(ModelCallSchema, { task: 'answer', transcript: null, entries, mcpTools: null });
  expect(checked).toEqual({
    ok: false,
    reason: `entries: ${bytesOf(entries)} bytes together, and ${ENTRIES_BYTES_MAX} are possible: put what is large into artifacts`,
  });
});
