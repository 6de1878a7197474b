/**
 * A worker is killed while an answer streams, while a tool call is under way, and when one of two calls at once is done: three runs, one
 * kill. The model sees legal conversations, nothing that was done is done again, and each run comes to what its undisturbed twin comes to.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToolLoopState } from '../../src/agents';
import {
  contentText,
  startScriptedModel,
  type ChatRequest,
  type ScriptedModel,
  type Turn,
} from '../../tools/scripted-model';
import { Fleet, workerFiles } from '../chaos/fleet';
import { DEV_SERVER_ENV, fromSetup } from '../support/environment';
import { RunHarness } from '../support/run-harness';
import { until } from '../support/until';
import { asker, BUREAU_VARIABLE } from './asker';
import { Bureau } from './bureau';

const SOURCES = {
  hasModels: true,
  programs: require.resolve('./asker'),
  workflows: require.resolve('./asker-workflows'),
};
const KINDS = ['streams', 'calls', 'calls twice'] as const;
type Kind = (typeof KINDS)[number];

/** What the model says to each; what the disturbed ones are asked is kept waiting, or hangs, the first time. */
const TURNS: Readonly<Record<Kind, readonly Turn[]>> = {
  streams: [{ text: 'This is said bit by bit, and in the middle of it the worker is gone.' }],
  calls: [{ calls: [{ tool: 'ask', arguments: { what: 'slow' } }] }, { text: 'It took its time.' }],
  'calls twice': [
    {
      calls: [
        { tool: 'ask', arguments: { what: 'quick' } },
        { tool: 'ask', arguments: { what: 'late' } },
      ],
    },
    { text: 'One was quicker than the other.' },
  ],
};

let directory: string;
let server: ScriptedModel;
let bureau: Bureau;
let harness: RunHarness;
let fleet: Fleet;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-agents-'));
  server = await startScriptedModel(turnOf);
  bureau = await Bureau.open(['slow', 'late']);
  harness = await RunHarness.open({ programs: [asker], replayedBy: SOURCES.workflows });
  const files = await workerFiles(directory, SOURCES);
  const env = {
    TEMPORAL_KERNEL_ARTIFACTS: join(directory, 'artifacts'),
    TEMPORAL_KERNEL_MODELS: JSON.stringify({ main: { baseUrl: server.url, model: 'scripted' } }),
    [BUREAU_VARIABLE]: bureau.url,
  };
  fleet = new Fleet(files, { address: fromSetup(DEV_SERVER_ENV), taskQueue: harness.taskQueue }, 1, env);
  await fleet.oneReady();
}, 120_000);
afterAll(async () => {
  await fleet.close();
  await harness.close();
  await bureau.close();
  await server.close();
  rmSync(directory, { recursive: true });
});

function turnOf(request: ChatRequest): Turn | null {
  const [kind, disturbed] = promptIn(request).split(', ');
  const answers = request.messages.filter(({ role }) => role === 'assistant').length;
  const turn = TURNS[kind as Kind][answers];
  if (turn === undefined) return null;
  return kind === 'streams' && disturbed === 'disturbed'
    ? { ...turn, faults: [{ type: 'hang', afterChunks: 4 }] }
    : turn;
}

function promptIn({ messages }: ChatRequest): string {
  return contentText(messages.find(({ role }) => role === 'user'));
}

async function start(kind: Kind, how: 'disturbed' | 'left alone'): Promise<string> {
  const runId = harness.newRunId(kind.replace(' ', '-'));
  await harness.kernel.start(asker, { runId, initialState: { prompt: `${kind}, ${how}` } });
  return runId;
}

interface Outcome {
  readonly status: unknown;
  readonly events: string;
  readonly answer: ToolLoopState['answer'];
  readonly conversation: string;
}

/** What a run came to, in words that a twin's has too: addresses follow from what was said, and that has `disturbed` in it or not. */
async function outcomeOf(runId: string): Promise<Outcome> {
  const status = await harness.kernel.runUntilBlocked(runId);
  const { answer } = (await harness.kernel.state(runId)) as unknown as ToolLoopState;
  const events = JSON.stringify((await harness.kernel.log(runId)).map(({ event }) => event))
    .replaceAll(runId, 'RUN')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'ADDRESS')
    .replaceAll(/"(bytes|inputTokens|totalTokens)":\d+/g, '"$1":0')
    .replaceAll(/disturbed|left alone/g, 'HOW');
  return { status, events, answer, conversation: conversationOf(runId) };
}

/** The conversation as the model saw it last. */
function conversationOf(runId: string): string {
  const kind = KINDS.find((one) => runId.startsWith(`${one.replace(' ', '-')}-test`));
  const how = twins.has(runId) ? 'left alone' : 'disturbed';
  const { body } = server.requests.findLast(({ body: one }) => promptIn(one) === `${kind ?? ''}, ${how}`) ?? {};
  return JSON.stringify(body?.messages).replaceAll(/disturbed|left alone/g, 'HOW');
}

const twins = new Set<string>();
const requestsOf = (prompt: string): number => server.requests.filter(({ body }) => promptIn(body) === prompt).length;

test('given runs in the middle of an answer, of a call and between two, when the worker is killed, then they come to what their twins come to', async () => {
  const disturbed = await Promise.all(KINDS.map((kind) => start(kind, 'disturbed')));
  const quickIsDone = async (): Promise<boolean> => {
    const { events } = await harness.client.workflow.getHandle(disturbed[2] as string).fetchHistory();
    return events?.filter(({ activityTaskCompletedEventAttributes: done }) => done != null).length === 2;
  };
  await until(
    () => requestsOf('streams, disturbed') === 1 && bureau.asked.get('slow') === 1 && bureau.asked.get('late') === 1,
  );
  await until(quickIsDone);

  await fleet.kill(0);

  const outcomes = await Promise.all(disturbed.map(outcomeOf));
  expect(outcomes.map(({ status }) => status)).toEqual(KINDS.map(() => ({ status: 'completed' })));
  // What was interrupted was begun again; what was done was not.
  expect(requestsOf('streams, disturbed')).toBe(2);
  expect([requestsOf('calls, disturbed'), requestsOf('calls twice, disturbed')]).toEqual([2, 2]);
  expect(Object.fromEntries(bureau.asked)).toEqual({ slow: 2, quick: 1, late: 2 });

  const left = await Promise.all(KINDS.map((kind) => start(kind, 'left alone')));
  for (const runId of left) twins.add(runId);
  expect(outcomes).toEqual(await Promise.all(left.map(outcomeOf)));
  expect(server.requests.filter(({ illegal }) => illegal !== null)).toEqual([]);
  expect(fleet.failures).toEqual([]);
  await harness.checkRuns();
}, 120_000);
