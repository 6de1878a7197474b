/** What a tool loop does next. */
import { all, callLLM, callTool, complete, update, waitSignal, type Next } from '../kernel';
import { askForMore, overspent } from './loop-budget';
import { CALL_MCP_TOOL, LIST_MCP_TOOLS } from './mcp-tools';
import type { Entry, ModelCall, ToolCall } from './model-call';
import type { Loop } from './tool-loop';
import { progressOf, type ToolLoopState } from './tool-loop-state';

/** The signal that carries the next message of a conversation. */
export const MESSAGE_SIGNAL = 'message';

/** How much longer than after it was made shorter a conversation must be to be made shorter again. */
const GROWTH = 1.25;

/** @throws Error for an approval of a tool that no MCP server has: it would protect nothing */
export function loopStep(loop: Loop, state: ToolLoopState): Next {
  if (state.end !== null) return complete();
  if (loop.mcp.length > 0 && state.mcp === null) return callTool(LIST_MCP_TOOLS, { servers: loop.mcp });
  assertApprovals(loop, state);
  if (state.calls.length > 0) return all(...state.calls.slice(0, loop.parallel).map((call) => madeCall(loop, call)));
  const isStopped = state.steps > 0 && loop.stopWhen(progressOf(state));
  // What the model has not seen, results of its calls among them, it sees with the next message.
  if (loop.isConversation && (isAnswered(state) || isStopped)) return waitSignal(MESSAGE_SIGNAL);
  if (isAnswered(state)) return ended('stop');
  if (isStopped) return ended('stopped');
  const over = overspent(loop.budget, state);
  if (over !== null) return loop.budget.then === 'ask' ? askForMore(loop.budget, over) : ended('budget');
  return callLLM(loop.model, nextCall(loop, state));
}

/** A server may have other tools than the program was written for; then the program is to be mended, and the run goes on. */
function assertApprovals({ mcp, approved }: Loop, { mcp: listed }: ToolLoopState): void {
  if (listed === null) return;
  const missing = approved.find(
    (name) => mcp.some((server) => name.startsWith(`${server}__`)) && !listed.tools.includes(name),
  );
  if (missing === undefined) return;
  throw new Error(
    `${missing} needs an approval, and no MCP server has it: they have ${listed.tools.join(', ') || 'nothing'}`,
  );
}

/** What is to be said to the model: the instructions and the prompt, where nobody has said anything yet. */
export function saidOf({ instructions }: Loop, { said, prompt }: ToolLoopState): readonly Entry[] {
  return (
    said ?? [
      { role: 'system', text: instructions },
      { role: 'user', text: prompt },
    ]
  );
}

/** Whether the model has answered all that was said, and called nothing. */
function isAnswered({ answer, said, results }: ToolLoopState): boolean {
  return answer !== null && said !== null && said.length === 0 && results.length === 0;
}

function nextCall(loop: Loop, state: ToolLoopState): ModelCall {
  const { transcript, results, mcp, contextTokens, shortTokens, order } = state;
  const { compaction } = loop;
  if (
    compaction !== null &&
    transcript !== null &&
    contextTokens > Math.max(compaction.afterTokens, shortTokens * GROWTH)
  ) {
    return { task: 'compact', transcript, keep: compaction.keep };
  }
  const placeOf = (entry: Entry): number => (entry.role === 'tool' ? order.indexOf(entry.callId) : 0);
  const inOrder = [...results].sort((one, other) => placeOf(one) - placeOf(other));
  const entries = [...inOrder, ...saidOf(loop, state)];
  return { task: 'answer', transcript, entries, mcpTools: mcp?.descriptors ?? null };
}

function madeCall({ tools }: Loop, { tool, input }: ToolCall): Next {
  return Object.hasOwn(tools, tool) ? callTool(tool, input) : callTool(CALL_MCP_TOOL, { name: tool, arguments: input });
}

/** The loop's end is a state of its own, so that the log says why it ended. */
function ended(end: NonNullable<ToolLoopState['end']>): Next {
  return update({ end });
}
