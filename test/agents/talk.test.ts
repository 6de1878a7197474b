/** A talk over several messages on a real server: steered, made shorter, answered in a form, and told whole by its record. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MESSAGE_SIGNAL, type ToolLoopState } from '../../src/agents';
import { MemoryArtifacts } from '../../src/artifacts';
import { ServerHistorySource } from '../../src/mirror';
import { ModelPlugin, openAiCompatible } from '../../src/models';
import { recordRun } from '../../src/run-files';
import { contentText, startScriptedModel, type ChatRequest, type ScriptedModel } from '../../tools/scripted-model';
import { RunHarness } from '../support/run-harness';
import { talkative } from './talkative';

const WORKFLOWS = require.resolve('./workflows');

let folder: string;
let server: ScriptedModel;
let harness: RunHarness;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'temporal-kernel-talk-'));
  server = await startScriptedModel((request) =>
    isSummary(request)
      ? { text: 'They greeted each other.', usage: { input: 2_000, output: 10 } }
      : { object: { mood: 'well' }, usage: { input: 2_000, output: 10 } },
  );
  const plugin = new ModelPlugin({
    programs: [talkative],
    artifacts: new MemoryArtifacts(),
    models: { main: openAiCompatible({ baseUrl: server.url, model: 'scripted' }) },
  });
  harness = await RunHarness.open({ programs: [talkative], plugins: [plugin], replayedBy: WORKFLOWS });
  await harness.startWorker(WORKFLOWS);
}, 120_000);
afterAll(async () => {
  await harness.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

function isSummary({ response_format: format }: ChatRequest): boolean {
  return format === undefined;
}

/** What the model was last shown, role by role. */
function lastShown(): readonly (readonly [string, string])[] {
  const { messages } = server.requests.at(-1)?.body as ChatRequest;
  return messages.map((message) => [message.role, contentText(message)]);
}

test('given a talk that grows long, when it goes on, then it was made shorter, and its record says so', async () => {
  const runId = harness.newRunId('talk');
  const { kernel, client, store, mirror } = harness;
  await kernel.start(talkative, { runId, initialState: { prompt: 'Hello.' } });
  expect(await kernel.runUntilBlocked(runId)).toMatchObject({ blocked: { waitSignal: MESSAGE_SIGNAL } });
  expect(((await kernel.state(runId)) as unknown as ToolLoopState).answer?.object).toEqual({ mood: 'well' });

  await kernel.signal(runId, MESSAGE_SIGNAL, 'How are you?');
  await kernel.runUntilBlocked(runId);
  await kernel.signal(runId, MESSAGE_SIGNAL, 'And now?');
  await kernel.runUntilBlocked(runId);
  const shown = lastShown();
  expect(shown.map(([role]) => role)).toEqual(['system', 'user', 'user', 'assistant', 'user']);
  expect(shown[1]?.[1]).toContain('They greeted each other.');
  expect(shown.at(-1)?.[1]).toBe('And now?');

  await kernel.signal(runId, MESSAGE_SIGNAL, null);
  expect(await kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
  expect(await kernel.state(runId)).toMatchObject({ end: 'closed', compactions: 1, spent: { calls: 4 } });
  await harness.checkRuns();

  await mirror.mirror(runId);
  const history = { source: new ServerHistorySource(client) };
  const { record } = await recordRun({ runId, store, history, folder });
  expect(record.usage).toMatchObject({ call_count: 5 });
  // The first time there was nothing to make shorter.
  expect(record.observability?.compaction_events).toMatchObject([
    { strategy: 'summarize', archived_messages: 2, estimated_tokens_before: 2_000, available: true },
  ]);
});
