/**
 * One conversation of many model calls on a real server, and what each call cost in history. The whole path is real: AI SDK, HTTP, stream,
 * artifacts, continue-as-new.
 */
import { temporal } from '@temporalio/proto';
import { MemoryArtifacts } from '../../src/artifacts';
import { ModelPlugin, openAiCompatible } from '../../src/models';
import { executionsOf } from '../../src/runs/execution-chain';
import { contentText, startScriptedModel, type ChatRequest } from '../../tools/scripted-model';
import { RunHarness } from '../support/run-harness';
import { chatter } from './chatter';

const WORKFLOWS = require.resolve('./workflows');

/** Calls whose cost is taken together: a boundary between two executions falls into some of them. */
export const CALLS_TOGETHER = 50;

/** What a note is about, in characters: what the conversation grows by. */
const NOTE_LENGTH = 400;

export interface LongConversation {
  readonly calls: number;
  readonly executions: number;
  /** Bytes of history per call, of each {@link CALLS_TOGETHER} calls, in order. */
  readonly bytesPerCall: readonly number[];
  /** Bytes of all history. */
  readonly historyBytes: number;
  /** Bytes that the calls would have had in history with the whole conversation in each: N·B + G·N(N−1)/2. */
  readonly formulaBytes: number;
  /** Messages that the last call showed the model. */
  readonly messages: number;
  /** Requests that showed the model no legal conversation. */
  readonly illegal: number;
  readonly head: number;
  readonly isVerified: boolean;
}

/** Has a conversation of so many calls, and makes the central check on its run. */
export async function longConversation(
  calls: number,
  {
    continueAfterEvents,
    progress = () => undefined,
  }: { readonly continueAfterEvents?: number; readonly progress?: (calls: number) => void } = {},
): Promise<LongConversation> {
  const bodies: number[] = [];
  const server = await startScriptedModel((request) => {
    const answers = request.messages.filter(({ role }) => role === 'assistant').length;
    bodies[answers] = JSON.stringify(request.messages).length;
    progress(answers);
    if (answers + 1 >= calls) return { text: 'These are enough.' };
    return { calls: [{ tool: 'note', arguments: { text: noteOf(answers) } }] };
  });
  const plugin = new ModelPlugin({
    programs: [chatter],
    artifacts: new MemoryArtifacts(),
    models: { main: openAiCompatible({ baseUrl: server.url, model: 'scripted' }) },
  });
  const harness = await RunHarness.open({ programs: [chatter], plugins: [plugin], replayedBy: WORKFLOWS });
  try {
    await harness.startWorker(WORKFLOWS);
    const runId = harness.newRunId('conversation');
    const options = continueAfterEvents === undefined ? {} : { continueAfterEvents };
    await harness.kernel.start(chatter, { runId, initialState: { prompt: 'Begin.' }, ...options });
    const status = await harness.kernel.runUntilBlocked(runId);
    if (status.status !== 'completed') throw new Error(`the conversation ended as ${JSON.stringify(status)}`);
    const costs = await costsOf(harness, runId);
    await harness.mirror.mirror(runId);
    const { head } = await harness.kernel.status(runId);
    const { ok } = await harness.mirror.verify(runId);
    await harness.checkRuns();
    const last = server.requests.at(-1)?.body as ChatRequest;
    if (contentText(last.messages[0]) === '') throw new Error('the instructions are missing');
    return {
      calls: costs.perCall.length,
      executions: costs.executions,
      bytesPerCall: together(costs.perCall),
      historyBytes: costs.bytes,
      formulaBytes: bodies.reduce((sum, bytes) => sum + bytes, 0),
      messages: last.messages.length,
      illegal: server.requests.filter(({ illegal }) => illegal !== null).length,
      head,
      isVerified: ok,
    };
  } finally {
    await harness.close();
    await server.close();
  }
}

/** The figures in words. */
export function conversationText(came: LongConversation): string {
  const kB = (bytes: number): string => (bytes / 1_000).toFixed(1);
  return [
    `${came.calls} model calls in one conversation of ${came.messages} messages, over ${came.executions} executions, ${came.head} entries`,
    `history: ${kB(came.historyBytes)} kB; per call ${came.bytesPerCall.map((bytes) => Math.round(bytes)).join(', ')} bytes, each of ${CALLS_TOGETHER} calls`,
    `with the whole conversation in every call it would be ${kB(came.formulaBytes)} kB (N·B + G·N(N−1)/2), ${(came.formulaBytes / came.historyBytes).toFixed(1)} times as much`,
  ].join('\n');
}

/** How far the cost of a call is from being the same in the whole conversation: the largest over the smallest. */
export function spreadOf({ bytesPerCall }: LongConversation): number {
  return Math.max(...bytesPerCall) / Math.min(...bytesPerCall);
}

function noteOf(at: number): string {
  return `note ${at} `.padEnd(NOTE_LENGTH, `${at % 10}`);
}

interface Costs {
  readonly executions: number;
  readonly bytes: number;
  readonly perCall: readonly number[];
}

/** Bytes of history from one model call to the next. */
async function costsOf({ client }: RunHarness, runId: string): Promise<Costs> {
  const perCall: number[] = [];
  let [bytes, before] = [0, 0];
  const executions = await executionsOf(client, runId);
  for (const executionId of executions) {
    const { events } = await client.workflow.getHandle(runId, executionId).fetchHistory();
    for (const event of events ?? []) {
      const size = temporal.api.history.v1.HistoryEvent.encode(event).finish().length;
      bytes += size;
      const isCall = event.activityTaskScheduledEventAttributes?.activityType?.name === 'main';
      if (isCall) perCall.push(size);
      else if (perCall.length === 0) before += size;
      else perCall.push((perCall.pop() ?? 0) + size);
    }
  }
  perCall[0] = (perCall[0] ?? 0) + before;
  return { executions: executions.length, bytes, perCall };
}

/** Means of so many calls at a time; a rest that is shorter is left out. */
function together(perCall: readonly number[]): readonly number[] {
  return Array.from({ length: Math.floor(perCall.length / CALLS_TOGETHER) }, (_, at) => {
    const some = perCall.slice(at * CALLS_TOGETHER, (at + 1) * CALLS_TOGETHER);
    return some.reduce((sum, bytes) => sum + bytes, 0) / some.length;
  });
}
