/** What a worker makes of the models in its environment, and the worker as a process that has one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { KernelClient } from '../../src/client';
import { readModelEnvironment, startModels } from '../../src/environment-models';
import { MemoryArtifacts } from '../../src/artifacts';
import { startScriptedModel } from '../../tools/scripted-model';
import { DEV_SERVER_ENV, fromSetup } from '../support/environment';
import { talker } from '../support/talker';
import { Child } from './child';

const MODEL = { baseUrl: 'https://models.example.com/v1', model: 'm' };

function models(value: unknown): NodeJS.ProcessEnv {
  return { TEMPORAL_KERNEL_MODELS: typeof value === 'string' ? value : JSON.stringify(value) };
}

describe('the environment of models', () => {
  test('when nothing is said, then there are none', async () => {
    expect(readModelEnvironment({})).toBeNull();
    expect((await startModels(null, [], null, {})).plugins).toEqual([]);
  });

  test('when all is said, then all counts', () => {
    const main = { ...MODEL, apiKeyVariable: 'KEY', prices: { inputPerMillion: 1, outputPerMillion: 2 } };
    const mcp = { files: { command: 'files', args: ['-v'] }, web: { url: 'http://127.0.0.1:1/mcp' } };
    const env = {
      ...models({ main }),
      KEY: 'k',
      TEMPORAL_KERNEL_MCP: JSON.stringify(mcp),
      TEMPORAL_KERNEL_STREAMS: '[::1]:7300',
    };
    expect(readModelEnvironment(env)).toEqual({ models: { main }, mcp, streams: { host: '::1', port: 7300 } });
  });

  test.each([
    ['no JSON', models('{"main"'), /^TEMPORAL_KERNEL_MODELS is no JSON\nWhat to do: give JSON like/],
    [
      'no endpoint',
      models({ main: { model: 'm' } }),
      /^TEMPORAL_KERNEL_MODELS is not what it must be: main\.baseUrl: /,
    ],
    ['no URL', models({ main: { ...MODEL, baseUrl: 'file:///v1' } }), /main\.baseUrl: /],
    ['a member too many', models({ main: { ...MODEL, apiKey: 'sk-planted' } }), /Unrecognized key: "apiKey"/],
    [
      'no key',
      models({ main: { ...MODEL, apiKeyVariable: 'MY_KEY' } }),
      /key of the model main is in MY_KEY, which is not set/,
    ],
    [
      'a server that is none',
      { TEMPORAL_KERNEL_MCP: '{"a": {"cmd": "x"}}' },
      /^TEMPORAL_KERNEL_MCP is not what it must be/,
    ],
    ['no port', { ...models({ main: MODEL }), TEMPORAL_KERNEL_STREAMS: 'here' }, /^TEMPORAL_KERNEL_STREAMS is "here"/],
    [
      'streams without models',
      { TEMPORAL_KERNEL_STREAMS: '127.0.0.1:7300' },
      /^TEMPORAL_KERNEL_STREAMS is set, and there is no model .*\nWhat to do: name models in TEMPORAL_KERNEL_MODELS, or leave it out\.$/,
    ],
    [
      'streams of MCP servers',
      { TEMPORAL_KERNEL_MCP: '{"files": {"command": "files"}}', TEMPORAL_KERNEL_STREAMS: '127.0.0.1:7300' },
      /^TEMPORAL_KERNEL_STREAMS is set, and there is no model/,
    ],
  ])('when it says %s, then an error says what to do', (_, env, message) => {
    const wrong = (): unknown => readModelEnvironment(env);
    expect(wrong).toThrow(message);
    expect(wrong).not.toThrow(/planted/);
  });

  test('when there is no place for conversations, then an error names the variable', async () => {
    const environment = readModelEnvironment(models({ main: MODEL }));
    await expect(startModels(environment, [talker], null, {})).rejects.toThrow(/^TEMPORAL_KERNEL_ARTIFACTS is not set/);
    const started = await startModels(environment, [talker], new MemoryArtifacts(), {});
    expect(started.plugins.map(({ name }) => name)).toEqual(['temporal-kernel-models']);
    await started.close();
  });
});

describe('a worker process with a model', () => {
  test('when a run calls it, then the answer is the run’s', async () => {
    const server = await startScriptedModel([{ text: 'Hello from the process.' }]);
    const folder = mkdtempSync(join(tmpdir(), 'model-environment-'));
    const address = fromSetup(DEV_SERVER_ENV);
    const taskQueue = `models-${process.pid}`;
    const worker = Child.worker({
      TEMPORAL_ADDRESS: address,
      TEMPORAL_TASK_QUEUE: taskQueue,
      TEMPORAL_KERNEL_PROGRAMS: resolve(__dirname, '../support/talker.ts'),
      TEMPORAL_KERNEL_WORKFLOWS: resolve(__dirname, '../support/workflows-talker.ts'),
      TEMPORAL_KERNEL_ARTIFACTS: folder,
      ...models({ main: { baseUrl: server.url, model: 'm', apiKeyVariable: 'TALKER_KEY' } }),
      TALKER_KEY: 'sk-planted-42',
    });
    const connection = await Connection.connect({ address });
    try {
      await worker.printed(/^worker ready: talker/m);
      const runs = new KernelClient({ client: new Client({ connection }), programs: [talker], taskQueue });
      const { runId } = await runs.start(talker, { initialState: { question: 'Hello?' } });
      expect(await runs.runUntilBlocked(runId)).toEqual({ status: 'completed' });
      expect(await runs.state(runId)).toMatchObject({ said: 'Hello from the process.' });
      expect(server.requests[0]!.headers.authorization).toBe('Bearer sk-planted-42');
      worker.kill('SIGTERM');
      expect(await worker.ended).toBe(0);
      expect(worker.stdout + worker.stderr).not.toContain('planted');
    } finally {
      worker.kill('SIGKILL');
      await connection.close();
      await server.close();
      rmSync(folder, { recursive: true });
    }
  });
});
