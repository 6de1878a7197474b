import { MemoryArtifacts } from '../../src/artifacts';
import { ModelPlugin, ModelStreams, openAiCompatible, type ModelStreamEvent } from '../../src/models';
import { startScriptedModel, type Script, type ScriptedModel } from '../../tools/scripted-model';
import { RunHarness } from '../support/run-harness';
import { talker } from '../support/talker';
import { until } from '../support/until';

const WORKFLOWS = require.resolve('../support/workflows-talker');
const KEY = 'sk-planted-0123456789abcdef';
const SAID = 'The word durable has seven letters, and kernel has six.';

describe('a model call of a run', () => {
  let server: ScriptedModel;
  let script: Script;
  let harness: RunHarness;
  const streams = new ModelStreams();

  beforeAll(async () => {
    server = await startScriptedModel((request) => {
      const answers = request.messages.filter(({ role }) => role === 'assistant').length;
      return typeof script === 'function' ? script(request) : (script[answers] ?? null);
    });
    const plugin = new ModelPlugin({
      programs: [talker],
      artifacts: new MemoryArtifacts(),
      models: { main: openAiCompatible({ baseUrl: server.url, model: 'm', apiKeyVariable: 'K' }, { K: KEY }) },
      streams,
    });
    harness = await RunHarness.open({ programs: [talker], plugins: [plugin], replayedBy: WORKFLOWS });
    await harness.startWorker(WORKFLOWS);
  });

  afterAll(async () => {
    await harness.close();
    await server.close();
  });

  it('is made again as the policy says, with all that a provider can do in between, and no key gets out', async () => {
    const calls = [
      { tool: 'measure', arguments: { word: 'durable' } },
      { tool: 'measure', arguments: { word: 'kernel' } },
    ];
    script = [
      {
        calls,
        faults: [
          { type: 'rate-limit', retryAfterMs: 30, message: `slow down, ${KEY}` },
          { type: 'status', status: 500, message: `I know ${KEY}` },
        ],
      },
      { text: SAID, faults: [{ type: 'cut', afterChunks: 5 }, { type: 'malformed' }] },
    ];
    const runId = harness.newRunId('talker');
    const heard: ModelStreamEvent[] = [];
    streams.subscribe(runId, (event) => heard.push(event));
    await harness.kernel.start('talker', { runId, initialState: { question: 'How long are the words?' } });
    expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect(await harness.kernel.state(runId)).toMatchObject({ said: SAID });

    expect(server.requests).toHaveLength(6);
    expect(server.requests.map(({ illegal }) => illegal)).toEqual(Array(6).fill(null));
    expect(server.requests[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(
      server.requests
        .at(-1)!
        .body.messages.slice(-2)
        .map(({ content }) => content),
    ).toEqual(['7', '6']);
    // Each attempt of each call began its own stream; the last one has the whole answer.
    expect(heard.filter(({ type }) => type === 'start').map(({ attempt }) => attempt)).toEqual([1, 2, 3, 1, 2, 3]);
    const last = heard.slice(heard.map(({ type }) => type).lastIndexOf('start'));
    expect(last.map((event) => (event.type === 'text' ? event.text : '')).join('')).toBe(SAID);

    const history = payloadsIn(await harness.client.workflow.getHandle(runId).fetchHistory());
    expect(history).not.toContain(KEY);
    expect(history).toContain(SAID);
    await harness.checkRuns();
  });

  it('ends with its run: the request is cut off', async () => {
    script = [{ text: SAID, faults: [{ type: 'hang', afterChunks: 3 }] }];
    const runId = harness.newRunId('talker');
    const before = server.requests.length;
    await harness.kernel.start('talker', { runId, initialState: { question: 'Well?' } });
    await until(() => server.requests.length > before);
    await harness.kernel.cancel(runId);
    expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'cancelled' });
    expect(await server.requests[before]!.isCutByClient).toBe(true);
    await harness.checkRuns();
  });
});

/** A history as text, with its payloads in clear. */
function payloadsIn(history: unknown): string {
  const text = JSON.stringify(history);
  return text.replace(/"data":"([^"]*)"/g, (_, data: string) => Buffer.from(data, 'base64').toString('utf8'));
}
