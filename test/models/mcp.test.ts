import { z } from 'zod';
import { McpToolsSchema, type McpTools } from '../../src/agents';
import { ARTIFACT_TAG, defineProgram, complete, isArtifactRef, tool, type ArtifactRef } from '../../src/kernel';
import { ModelPlugin, type ListedMcpTools } from '../../src/models';
import { MemoryArtifacts } from '../../src/artifacts';
import { startHttpMcp } from '../support/mcp-server';
import { ModelScene, result, user } from './model-scene';

const KEY = 'planted-mcp-key';
const STDIO = {
  command: process.execPath,
  args: ['--import', 'tsx', 'test/support/mcp-server.ts'],
  env: { MCP_KEY: KEY },
};

const program = defineProgram({
  name: 'speaker',
  state: z.object({}),
  tools: {
    listMcpTools: tool({ input: z.json(), output: z.json() }),
    callMcpTool: tool({ input: z.json(), output: z.json() }),
  },
  step: () => complete(),
  reduce: (state) => state,
});

describe('an MCP server', () => {
  let scene: ModelScene;
  let http: Awaited<ReturnType<typeof startHttpMcp>>;

  beforeAll(async () => {
    http = await startHttpMcp(KEY);
    const mcp = {
      shelf: STDIO,
      web: { url: http.url, headers: { 'x-key': KEY } },
      closed: { url: http.url, headers: { 'x-key': 'another-planted-key' } },
      absent: { command: 'no-such-command-anywhere' },
    };
    scene = await ModelScene.open([], { program, plugin: { mcp } });
  });

  afterAll(async () => {
    await scene.close();
    await http.close();
  });

  const call = async (name: string, given: object = {}): Promise<unknown> =>
    await scene.run('callMcpTool', { name, arguments: given });

  const list = async (...servers: readonly string[]): Promise<ListedMcpTools> =>
    (await scene.run('listMcpTools', { servers })) as ListedMcpTools;

  it('says which tools it has, sorted, with their schemas in an artifact', async () => {
    const { tools, descriptors } = await list('web', 'shelf', 'shelf');
    expect(tools).toEqual([
      'shelf__add',
      'shelf__an_odd_name',
      'shelf__die',
      'shelf__fail',
      'shelf__key',
      'shelf__large',
      'shelf__structured',
      'shelf__wait',
      ...['add', 'an_odd_name', 'die', 'fail', 'key', 'large', 'structured', 'wait'].map((name) => `web__${name}`),
    ]);
    const kept = McpToolsSchema.parse(await scene.artifacts.get(descriptors[ARTIFACT_TAG].address));
    expect(kept[0]).toMatchObject({
      name: 'shelf__add',
      server: 'shelf',
      tool: 'add',
      description: 'Adds two numbers',
      inputSchema: { type: 'object', required: ['a', 'b'] },
    });
    expect(await list('shelf', 'web')).toEqual({ tools, descriptors });
  });

  it.each(['shelf', 'web'])('does what it is asked: %s', async (server) => {
    expect(await call(`${server}__add`, { a: 2, b: 3 })).toBe('5');
    expect(await call(`${server}__an_odd_name`)).toBe('odd');
    expect(await call(`${server}__structured`)).toEqual({ pid: expect.any(Number) });
  });

  it('gives what is large as an artifact', async () => {
    const small = await call('shelf__large', { length: 2_000 });
    expect(small).toBe('x'.repeat(2_000));
    const large = await call('shelf__large', { length: 3_000 });
    expect(isArtifactRef(large)).toBe(true);
    expect(await scene.artifacts.get((large as ArtifactRef)[ARTIFACT_TAG].address)).toBe('x'.repeat(3_000));
  });

  it('never has its key in what comes back, whether it succeeds or fails', async () => {
    expect(await call('shelf__key')).toBe('the key is [secret]');
    await expect(call('shelf__fail')).rejects.toMatchObject({
      kind: 'permanent',
      message: 'MCP server shelf: the shelf is empty, [secret]',
    });
    await expect(call('closed__add', { a: 1, b: 1 })).rejects.toMatchObject({
      kind: 'permanent',
      message: expect.not.stringContaining('another-planted-key'),
    });
  });

  it('that dies is started anew, and the call that it died of may be made again', async () => {
    const before = await call('shelf__structured');
    await expect(call('shelf__die')).rejects.toMatchObject({ kind: 'transient' });
    const after = await call('shelf__structured');
    expect(after).not.toEqual(before);
  });

  it('is told when a call is cancelled', async () => {
    const environment = scene.environment();
    const waiting = scene.run('callMcpTool', { name: 'shelf__wait', arguments: {} }, environment);
    setTimeout(() => {
      environment.cancel('CANCELLED');
    }, 100);
    await expect(waiting).rejects.toThrow();
    expect(await call('shelf__add', { a: 1, b: 1 })).toBe('2');
  });

  it('is connected once, however many calls are made at a time, and again after it was closed', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, async () => await call('shelf__structured')));
    expect(new Set(ids.map((each) => JSON.stringify(each))).size).toBe(1);
    await scene.plugin.close();
    expect(await call('shelf__structured')).not.toEqual(ids[0]);
  });

  it.each([
    ['an unknown server', 'attic__add', {}, 'this worker has no MCP server attic; it has: shelf, web, closed, absent'],
    ['an unknown tool', 'shelf__fly', {}, 'MCP server shelf has no tool shelf__fly'],
    ['a name that is none', 'add', {}, 'this worker has no MCP server add'],
    ['arguments that do not fit', 'shelf__add', { a: 'one' }, 'MCP server shelf: '],
    ['a server that can’t be started', 'absent__add', {}, 'MCP server absent can’t be reached'.replace('’', "'")],
  ])('refuses %s', async (_, name, given, message) => {
    await expect(call(name, given)).rejects.toMatchObject({
      kind: 'permanent',
      message: expect.stringContaining(message),
    });
  });

  it('has a name that can be told from its tool’s', () => {
    const options = { programs: [program], models: {}, artifacts: new MemoryArtifacts() };
    for (const name of ['', 'a__b', 'a b', 'a_', '__proto', 'x'.repeat(33)]) {
      expect(() => new ModelPlugin({ ...options, mcp: { [name]: STDIO } })).toThrow("can't be called");
    }
  });
});

describe('a model that is offered the tools of MCP servers', () => {
  const tools: McpTools = [
    {
      name: 'shelf__add',
      server: 'shelf',
      tool: 'add',
      description: 'Adds',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'number' } },
        required: ['a'],
        additionalProperties: false,
      },
    },
    {
      name: 'shelf__odd',
      server: 'shelf',
      tool: 'odd',
      description: '',
      inputSchema: { type: 'object', $ref: '#/none' },
    },
  ];

  it('calls them beside its own, checked by their schemas', async () => {
    const scene = await ModelScene.open([
      {
        calls: [
          { tool: 'shelf__add', arguments: { a: 1 }, id: '1' },
          { tool: 'shelf__add', arguments: { a: 'one' }, id: '2' },
          { tool: 'shelf__odd', arguments: { any: 1 }, id: '3' },
          { tool: 'lookUp', arguments: { word: 'x' }, id: '4' },
        ],
      },
      { text: 'Done.' },
    ]);
    try {
      const ref = await scene.artifacts.put(tools);
      const { address } = ref[ARTIFACT_TAG];
      const { calls, transcript } = await scene.answer([user('Go')], null, { mcpTools: address });
      expect(calls.map(({ refused }) => refused)).toEqual([
        null,
        expect.stringContaining('do not fit the schema'),
        null,
        null,
      ]);
      const offered = scene.server.requests[0]!.body.tools?.map((each) => each.function.name);
      expect(offered).toEqual(['lookUp', 'note', 'shelf__add', 'shelf__odd']);
      const results = calls.map(({ callId, tool: name }) => result(callId, 1, false, name));
      expect((await scene.answer(results, transcript)).text).toBe('Done.');
    } finally {
      await scene.close();
    }
  });
});
