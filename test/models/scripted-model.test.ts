import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokenLaw, startScriptedModel, type ChatMessage } from '../../tools/scripted-model';

const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
const assistant = (...ids: readonly string[]): ChatMessage => ({
  role: 'assistant',
  content: ids.length === 0 ? 'ok' : null,
  ...(ids.length === 0 ? {} : { tool_calls: ids.map(call) }),
});
const user: ChatMessage = { role: 'user', content: 'hi' };
const system: ChatMessage = { role: 'system', content: 'be' };
const answered = (id: string): ChatMessage => ({ role: 'tool', tool_call_id: id, content: '1' });

async function ask(url: string, messages: readonly ChatMessage[], more = {}): Promise<Response> {
  return await fetch(`${url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', messages, ...more }),
  });
}

describe('a scripted model', () => {
  it.each<[string | null, readonly ChatMessage[]]>([
    [null, [system, user]],
    [null, [user, assistant('a', 'b'), answered('b'), answered('a'), user, user, assistant()]],
    ['no messages', []],
    ['messages[1]: a system message that is not the first', [user, system]],
    ['messages[1]: a tool message for a, which no call before it waits for', [user, answered('a')]],
    [
      'messages[3]: a tool message for a, which no call before it waits for',
      [user, assistant('a'), answered('a'), answered('a')],
    ],
    ['messages[3]: the calls b have no tool message', [user, assistant('a', 'b'), answered('a'), user]],
    ['the calls a have no tool message', [user, assistant('a')]],
    ['messages[1]: two calls of one id', [user, assistant('a', 'a')]],
    ['messages[1]: an assistant message with nothing in it', [user, { role: 'assistant', content: '' }]],
  ])('holds to the law: %s', async (broken, messages) => {
    expect(brokenLaw(messages)).toBe(broken);
    const model = await startScriptedModel(() => ({ text: 'fine' }));
    try {
      expect((await ask(model.url, messages)).status).toBe(broken === null ? 200 : 400);
      expect(model.requests[0]?.illegal).toBe(broken);
    } finally {
      await model.close();
    }
  });

  it('answers without a stream too, and by what was said', async () => {
    const model = await startScriptedModel([
      { when: 'secret', text: 'I say nothing.' },
      { text: 'Calling', calls: [{ tool: 'f', arguments: { x: 1 } }], usage: { input: 1, output: 2 } },
    ]);
    try {
      expect(await (await ask(model.url, [user])).json()).toMatchObject({
        object: 'chat.completion',
        choices: [
          {
            message: {
              content: 'Calling',
              tool_calls: [{ id: 'call_answer_0_0', function: { name: 'f', arguments: '{"x":1}' } }],
            },
            finish_reason: 'tool_calls',
          },
        ],
        usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
      });
      const asked = await ask(model.url, [{ role: 'user', content: 'a secret?' }]);
      expect(await asked.json()).toMatchObject({ choices: [{ message: { content: 'I say nothing.' } }] });
      expect((await ask(model.url, [user, assistant(), user])).status).toBe(400);
      expect((await fetch(`${model.url}/models`)).status).toBe(404);
      expect((await ask(model.url, 'no' as never)).status).toBe(400);
    } finally {
      await model.close();
    }
  });

  it('streams in pieces, arguments too, and ends with what was used', async () => {
    const model = await startScriptedModel([{ calls: [{ tool: 'f', arguments: { long: 'enough to be split' } }] }]);
    try {
      const response = await ask(model.url, [user], { stream: true, stream_options: { include_usage: true } });
      const lines = (await response.text()).split('\n\n').filter((line) => line !== '');
      expect(lines.at(-1)).toBe('data: [DONE]');
      expect(lines.filter((line) => line.includes('"arguments"')).length).toBeGreaterThan(3);
      expect(lines.at(-2)).toContain('"usage"');
    } finally {
      await model.close();
    }
  });

  it('keeps no more requests than it is told, and counts all', async () => {
    const model = await startScriptedModel(() => ({ text: 'fine' }), { recordedMax: 2 });
    try {
      for (const content of ['1', '2', '3']) await ask(model.url, [{ role: 'user', content }]);
      await ask(model.url, []);
      expect(model.requests.map(({ body }) => body.messages[0]?.content)).toEqual(['3', undefined]);
      expect(model.counts).toEqual({ requests: 4, illegal: 1 });
    } finally {
      await model.close();
    }
  });

  it('is a command for a script in a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'scripted-model-'));
    try {
      const path = join(folder, 'script.json');
      await writeFile(path, JSON.stringify([{ text: 'From a file.' }]));
      const args = ['--import', 'tsx', 'tools/scripted-model/main.ts', path];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const url = line.toString().replace('scripted model: ', '').trim();
      expect(await (await ask(url, [user])).json()).toMatchObject({
        choices: [{ message: { content: 'From a file.' } }],
      });
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([0, null]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
