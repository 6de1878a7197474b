/** A talk over several messages on a real server: steered, made shorter, answered in a form, and told whole by its record. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MESSAGE_SIGNAL, type ToolLoopState } from '../../src/agents';
import { MemoryArtifacts } from '../../src/artifacts';
import { ServerHistorySource } from '../../src/mirror';
import { ModelPlugin, openAiCompatible } from '../../src/models';
import { recordRun } from '../../src/run-files';
import {
  contentText,
  startScriptedModel,
  type ChatRequest,
  type ScriptedModel,
  type Turn,
} from '../../tools/scripted-model';
import { RunHarness } from '../support/run-harness';
import { talkative } from './talkative';

const WORKFLOWS = require.resolve('./workflows');

let folder: string;
let server: ScriptedModel;
let harness: RunHarness;
let summaries = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'temporal-kernel-talk-'));
  server = await startScriptedModel((request) => {
    const prompt = contentText(request.messages.find(({ role }) => role === 'user'));
    if (Object.hasOwn(REFUSED, prompt)) return refusedTurn(prompt);
    if (isSummary(request)) summaries += 1;
    return isSummary(request)
      ? // The first one is empty, and is asked for once more.
        { text: summaries === 1 ? ' ' : 'They greeted each other.', usage: { input: 2_000, output: 10 } }
      : { object: { mood: 'well' }, usage: { input: 2_000, output: 10 } };
  });
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

/** Talks whose first answer has no form that is possible, and what comes after it. */
const REFUSED: Readonly<Record<string, readonly Turn[]>> = {
  'Say it wrong once.': [
    // It takes longer than the first heartbeat, so that its usage is not the first thing that the server hears of.
    { text: 'I am quite well, as it happens.', paceMs: 150, usage: { input: 100, output: 10 } },
    { text: 'Nothing.', faults: [{ type: 'status', status: 500 }] },
    { object: { mood: 'well' }, usage: { input: 100, output: 20 } },
  ],
  'Say it cut off.': [{ text: '{"mood": "we', finish: 'length', usage: { input: 100, output: 30 } }],
};
const asked = new Map<string, number>();

function refusedTurn(prompt: string): Turn | null {
  const count = asked.get(prompt) ?? 0;
  asked.set(prompt, count + 1);
  return REFUSED[prompt]?.[count] ?? null;
}

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
  expect(await kernel.state(runId)).toMatchObject({
    end: 'closed',
    compactions: 1,
    spent: { calls: 4, tokens: 10_050 },
  });
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

test('given an answer that is paid for and refused, when another one comes, then the run has spent both', async () => {
  const runId = harness.newRunId('refused');
  const { kernel } = harness;
  await kernel.start(talkative, { runId, initialState: { prompt: 'Say it wrong once.' } });
  expect(await kernel.runUntilBlocked(runId)).toMatchObject({ blocked: { waitSignal: MESSAGE_SIGNAL } });
  expect(asked.get('Say it wrong once.')).toBe(3);
  expect(await kernel.state(runId)).toMatchObject({ spent: { calls: 1, tokens: 230 }, contextTokens: 120 });
  await kernel.signal(runId, MESSAGE_SIGNAL, null);
  expect(await kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
  await harness.checkRuns();
});

test('given an answer that is paid for and can not be had otherwise, when the run fails, then it says what was spent', async () => {
  const runId = harness.newRunId('cut');
  const { kernel } = harness;
  await kernel.start(talkative, { runId, initialState: { prompt: 'Say it cut off.' } });
  expect(await kernel.runUntilBlocked(runId)).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/cut off at its longest length\) \[used 130 tokens\]$/) as string,
  });
  expect(await kernel.state(runId)).toMatchObject({ spent: { calls: 1, tokens: 130 } });
  await harness.checkRuns();
});
