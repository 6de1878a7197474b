import { z } from 'zod';
import { ARTIFACT_TAG } from '../../src/kernel';
import { result, scenes, user } from './model-scene';

const scene = scenes();

describe('an answer', () => {
  it('is streamed, stored behind what was added, and comes back with what it used', async () => {
    const { answer, server, messages } = bound(
      await scene([{ text: 'Four, as far as I know.', usage: { input: 100, output: 20 } }]),
    );
    const said = await answer([{ role: 'system', text: 'Be brief.' }, user('What is two and two?')]);
    expect(said).toMatchObject({
      task: 'answer',
      text: 'Four, as far as I know.',
      calls: [],
      finish: 'stop',
      model: 'scripted-1',
      usage: { inputTokens: 100, outputTokens: 20, totalTokens: 120, costUsd: 0.0004 },
    });
    expect(said).not.toHaveProperty('object');
    expect(await messages(said.transcript)).toEqual([
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'What is two and two?' },
      { role: 'assistant', text: 'Four, as far as I know.', calls: [] },
    ]);
    expect(said.stored.map((ref) => ref[ARTIFACT_TAG].address)).toContain(said.transcript);
    const { body, headers } = server.requests[0]!;
    expect(body.stream).toBe(true);
    expect(headers.authorization).toBe('Bearer sk-scene-0123456789abcdef');
    expect(body.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'What is two and two?' },
    ]);
  });

  it('goes on with a conversation, and the same entries and answer have the same addresses', async () => {
    const { answer, server } = bound(await scene([{ text: 'One.' }, { text: 'Two.' }]));
    const first = await answer([user('Count')]);
    const second = await answer([user('Go on')], first.transcript);
    const again = await answer([user('Go on')], first.transcript);
    expect(second.text).toBe('Two.');
    expect(again).toEqual(second);
    expect(server.requests[1]!.body.messages.map(({ content }) => content)).toEqual(['Count', 'One.', 'Go on']);
  });

  it('with calls comes back with them, in order, and the conversation takes their results', async () => {
    const { answer, server } = bound(
      await scene([
        {
          text: 'I look both up, one after the other. '.repeat(20),
          calls: [
            { tool: 'lookUp', arguments: { word: 'durable' }, id: 'c1' },
            { tool: 'lookUp', arguments: { word: 'kernel', limit: 3 }, id: 'c2' },
          ],
        },
        { text: 'Both found.' },
      ]),
    );
    const asked = await answer([user('Look up durable and kernel')]);
    expect(asked.finish).toBe('tool-calls');
    expect(asked.text).toHaveLength(200);
    expect(asked.calls).toEqual([
      { callId: 'c1', tool: 'lookUp', input: { word: 'durable' }, refused: null },
      { callId: 'c2', tool: 'lookUp', input: { word: 'kernel', limit: 3 }, refused: null },
    ]);
    const done = await answer([result('c1', 'lasting'), result('c2', { error: 'none' }, true)], asked.transcript);
    expect(done.text).toBe('Both found.');
    const { messages, tools } = server.requests[1]!.body;
    expect(messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'c1', content: 'lasting' },
      { role: 'tool', tool_call_id: 'c2', content: '{"error":"none"}' },
    ]);
    expect(tools?.[0]).toMatchObject({
      function: {
        name: 'lookUp',
        description: 'Looks a word up',
        parameters: { type: 'object', required: ['word'], properties: { word: { type: 'string' } } },
      },
    });
  });

  it('sees an artifact in the place of its reference', async () => {
    const { answer, artifacts, server } = bound(
      await scene([{ calls: [{ tool: 'lookUp', arguments: { word: 'long' }, id: 'c1' }] }, { text: 'I see.' }]),
    );
    const asked = await answer([user('Look up long')]);
    const secret = await artifacts.put({ meaning: 'not for you' });
    // What somebody outside has said may look like a reference: it is none.
    const kept = await artifacts.put({ meaning: 'not short', ...secret });
    const done = await answer([result('c1', { ...kept })], asked.transcript);
    expect(done.text).toBe('I see.');
    const shown = JSON.parse(server.requests[1]!.body.messages.at(-1)?.content as string) as unknown;
    expect(shown).toEqual({ meaning: 'not short', ...secret });
  });

  it('that asks for what it can’t have is told why', async () => {
    const { answer } = bound(
      await scene([
        {
          calls: [
            { tool: 'fly', arguments: {}, id: 'a' },
            { tool: 'lookUp', arguments: { word: 7 }, id: 'b' },
            { tool: 'lookUp', rawArguments: '{"word": "dur', id: 'c' },
            { tool: 'lookUp', rawArguments: '{"__proto__": {"word": "x"}}', id: 'd' },
            { tool: 'constructor', arguments: {}, id: 'e' },
            { tool: 'look up!', arguments: ['x'], id: 'f' },
            { tool: 'note', arguments: { text: 'x'.repeat(70_000) }, id: 'g' },
            { tool: 'lookUp', arguments: { word: 'fine' }, id: 'h' },
          ],
        },
      ]),
    );
    const { calls, transcript } = await answer([user('Do it all')]);
    expect(calls.map(({ tool }) => tool)).toEqual([
      'fly',
      'lookUp',
      'lookUp',
      'lookUp',
      'constructor',
      'look_up_',
      'note',
      'lookUp',
    ]);
    expect(calls.map(({ refused }) => refused)).toEqual([
      'there is no tool fly; there are: lookUp, note',
      expect.stringContaining('do not fit the schema of lookUp: word:'),
      'the arguments are no JSON: {"word": "dur',
      expect.stringContaining('the arguments are no JSON'),
      'there is no tool constructor; there are: lookUp, note',
      'there is no tool look up!; there are: lookUp, note',
      expect.stringContaining('too large'),
      null,
    ]);
    // What is refused is answered too, and the conversation goes on.
    const results = calls.map(({ callId, tool, refused }) => result(callId, refused ?? 'ok', refused !== null, tool));
    await expect(answer([...results], transcript)).rejects.toThrow('the script has no turn');
  });

  it('has calls of unique ids, whatever the provider sends, and the same in every attempt', async () => {
    const call = { tool: 'lookUp', arguments: { word: 'x' } };
    const { answer, server } = bound(
      await scene([
        { calls: [{ ...call, id: null }, call, { ...call, id: null }] },
        { calls: [{ ...call, id: 'same' }] },
        { calls: [{ ...call, id: 'same' }] },
        { text: 'Done.' },
      ]),
    );
    const first = await answer([user('Go')]);
    expect(await answer([user('Go')])).toEqual(first);
    expect(new Set(first.calls.map(({ callId }) => callId)).size).toBe(3);
    const second = await answer(
      first.calls.map(({ callId }) => result(callId, 1)),
      first.transcript,
    );
    expect(second.calls[0]?.callId).toBe('same');
    const third = await answer([result('same', 1)], second.transcript);
    expect(third.calls[0]?.callId).toMatch(/^[0-9a-f]{9}$/);
    const last = await answer([result(third.calls[0]!.callId, 1)], third.transcript);
    expect(last.text).toBe('Done.');
    expect(server.requests.every(({ illegal }) => illegal === null)).toBe(true);
  });

  it('is bounded: a long text is cut in what comes back, and whole in the conversation', async () => {
    const text = 'é'.repeat(100_000);
    const { answer, messages } = bound(await scene([{ text }]));
    const said = await answer([user('Talk')]);
    expect(Buffer.byteLength(said.text)).toBeLessThanOrEqual(65_536);
    expect(said.text).toMatch(/é … \[cut\]$/);
    expect((await messages(said.transcript))[1]).toMatchObject({ text });
  });

  it('takes no more calls than it can', async () => {
    const calls = Array.from({ length: 80 }, (_, at) => ({ tool: 'lookUp', arguments: { word: `w${at}` } }));
    const { answer } = bound(await scene([{ calls }]));
    expect((await answer([user('All')])).calls).toHaveLength(64);
  });

  it('of a provider that does not count is counted by its length', async () => {
    const { answer } = bound(await scene([{ text: 'x'.repeat(400), usage: null }]));
    const { usage } = await answer([user('Talk')]);
    expect(usage.outputTokens).toBe(100);
    expect(usage.inputTokens).toBeGreaterThan(0);
  });
});

describe('structured output', () => {
  const output = z.object({ city: z.string(), people: z.int() });

  it('comes back as an object that fits its schema, which the provider was told', async () => {
    const { answer, server } = bound(await scene([{ object: { city: 'Bern', people: 134_000 } }], { use: { output } }));
    const said = await answer([user('Bern?')]);
    expect(said.object).toEqual({ city: 'Bern', people: 134_000 });
    expect(server.requests[0]!.body.response_format).toMatchObject({
      type: 'json_schema',
      json_schema: { schema: { properties: { city: { type: 'string' } } } },
    });
  });

  it('is not wanted of an answer with calls', async () => {
    const calls = [{ tool: 'lookUp', arguments: { word: 'Bern' } }];
    const { answer } = bound(await scene([{ calls }], { use: { output } }));
    expect(await answer([user('Bern?')])).not.toHaveProperty('object');
  });

  it('that was cut off is a failure that no attempt cures', async () => {
    const { answer } = bound(await scene([{ text: '{"city": "Be', finish: 'length' }], { use: { output } }));
    await expect(answer([user('Bern?')])).rejects.toMatchObject({
      kind: 'permanent',
      message: expect.stringContaining('cut off at its longest length') as string,
    });
  });

  it.each([
    ['that is no JSON', { text: 'Bern, I think' }, 'structured output that is no JSON'],
    ['that does not fit', { object: { city: 'Bern', people: 'many' } }, 'does not fit its schema: people:'],
  ])('%s is a failure that another attempt may cure, and is not stored', async (_, turn, message) => {
    const { answer } = bound(await scene([turn], { use: { output } }));
    await expect(answer([user('Bern?')])).rejects.toMatchObject({
      kind: 'transient',
      message: expect.stringContaining(message),
    });
  });
});

describe('what no provider takes', () => {
  it.each([
    ['nothing', [], 'there is no message'],
    ['a result without a call', [user('Hi'), result('x', 1)], 'message 2 (tool) is the result of no open call: x'],
    [
      'a late instruction',
      [user('Hi'), { role: 'system', text: 'No' } as const],
      'message 2 (system) is not the first',
    ],
  ])('never leaves the worker: %s', async (_, entries, message) => {
    const { answer, server } = bound(await scene([{ text: 'Hi' }]));
    await expect(answer(entries)).rejects.toMatchObject({
      kind: 'permanent',
      message: expect.stringContaining(message),
    });
    expect(server.requests).toHaveLength(0);
  });

  it('includes a call whose result is missing', async () => {
    const { answer } = bound(await scene([{ calls: [{ tool: 'lookUp', arguments: { word: 'x' }, id: 'c1' }] }]));
    const asked = await answer([user('Go')]);
    await expect(answer([user('And?')], asked.transcript)).rejects.toThrow('before the result of the call c1');
    await expect(answer([], asked.transcript)).rejects.toThrow('the call c1 has no result');
  });

  it('includes a conversation that is not kept', async () => {
    const { answer } = bound(await scene([]));
    await expect(answer([user('Hi')], `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'ArtifactMissing' });
  });
});

/** Methods that can be taken out of their scene. */
function bound(open: Awaited<ReturnType<typeof scene>>) {
  return {
    answer: open.answer.bind(open),
    messages: open.messages.bind(open),
    server: open.server,
    artifacts: open.artifacts,
  };
}
