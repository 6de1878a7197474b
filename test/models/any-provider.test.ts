/** Models of other packages: what only they understand comes back to them, and to nobody else. */
import { simulateReadableStream } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';
import { ModelScene, result, user } from './model-scene';

const SIGNED = { mock: { signature: 'abc' } };
const USAGE = {
  inputTokens: { total: 5, noCache: 5, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 7, text: 7, reasoning: undefined },
};

type Part = Awaited<ReturnType<MockLanguageModelV3['doStream']>>['stream'] extends ReadableStream<infer P> ? P : never;

function streamed(...parts: readonly Part[]) {
  const chunks: Part[] = [{ type: 'stream-start', warnings: [] }, ...parts];
  return { stream: simulateReadableStream({ chunks, initialDelayInMs: null, chunkDelayInMs: null }) };
}

describe('a model of any provider', () => {
  it('gets signed thoughts back for as long as its calls go on, and marks on calls', async () => {
    const answers = [
      streamed(
        { type: 'reasoning-start', id: 'r', providerMetadata: SIGNED },
        { type: 'reasoning-delta', id: 'r', delta: 'They want a word.' },
        { type: 'reasoning-end', id: 'r' },
        { type: 'reasoning-start', id: 'unsigned' },
        { type: 'reasoning-delta', id: 'unsigned', delta: 'Hm.' },
        { type: 'reasoning-end', id: 'unsigned' },
        {
          type: 'tool-call',
          toolCallId: 'c1',
          toolName: 'lookUp',
          input: '{"word":"x"}',
          providerMetadata: { mock: { item: 'i1' } },
        },
        { type: 'finish', finishReason: { unified: 'tool-calls', raw: undefined }, usage: USAGE },
      ),
      streamed(
        { type: 'reasoning-start', id: 'r', providerMetadata: SIGNED },
        { type: 'reasoning-end', id: 'r' },
        { type: 'text-start', id: 't' },
        { type: 'text-delta', id: 't', delta: 'An x.' },
        { type: 'text-end', id: 't' },
        { type: 'finish', finishReason: { unified: 'stop', raw: undefined }, usage: USAGE },
      ),
    ];
    const model = new MockLanguageModelV3({ modelId: 'mock-1', doStream: answers });
    const scene = await ModelScene.open([], { plugin: { models: { main: { model } } } });
    try {
      const asked = await scene.answer([user('Look up x')]);
      expect(asked).toMatchObject({ model: 'mock-1', usage: { totalTokens: 12, costUsd: null } });
      expect((await scene.messages(asked.transcript))[1]).toEqual({
        role: 'assistant',
        text: '',
        calls: [{ callId: 'c1', tool: 'lookUp', input: { word: 'x' }, provider: { mock: { item: 'i1' } } }],
        thoughts: [{ text: 'They want a word.', provider: SIGNED }],
      });
      const said = await scene.answer([result('c1', 'found')], asked.transcript);
      expect(model.doStreamCalls[1]!.prompt[1]).toMatchObject({
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'They want a word.', providerOptions: SIGNED },
          { type: 'tool-call', toolCallId: 'c1', providerOptions: { mock: { item: 'i1' } } },
        ],
      });
      expect((await scene.messages(said.transcript)).at(-1)).toEqual({ role: 'assistant', text: 'An x.', calls: [] });
    } finally {
      await scene.close();
    }
  });

  it('that throws what it likes fails as what may help, and without what it carries', async () => {
    const thrown = Object.assign(new Error('broken'), { headers: { authorization: 'Bearer planted-key-1' } });
    const model = new MockLanguageModelV3({ doStream: () => Promise.reject(thrown) });
    const scene = await ModelScene.open([], { plugin: { models: { main: { model } } } });
    try {
      const failure = await scene.answer([user('Hi')]).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'ActionFailed', kind: 'transient', message: 'model: broken' });
      expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('planted');
    } finally {
      await scene.close();
    }
  });
});
