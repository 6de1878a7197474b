/** What a tool loop does next. */
import { all, callLLM, callTool, complete, update, waitSignal, type Next } from '../kernel';
import { askForMore, overspent } from './loop-budget';
import { CALL_MCP_TOOL, LIST_MCP_TOOLS } from './mcp-tools';
import type { Entry, ModelCall, ToolCall } from './model-call';
import type { Loop } from './tool-loop';
import { progressOf, type ToolLoopState } from './tool-loop-state';

/** The signal that carries the next message of a conversation. */
export const MESSAGE_SIGNAL = 'message';

export function loopStep(loop: Loop, state: ToolLoopState): Next {
  if (state.end !== null) return complete();
  if (loop.mcp.length > 0 && state.mcp === null) return callTool(LIST_MCP_TOOLS, { servers: loop.mcp });
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
  const { transcript, results, mcp, contextTokens } = state;
  const { compaction } = loop;
  if (compaction !== null && transcript !== null && contextTokens > compaction.afterTokens) {
    return { task: 'compact', transcript, keep: compaction.keep };
  }
  const entries = [...results, ...saidOf(loop, state)];
  return { task: 'answer', transcript, entries, mcpTools: mcp?.descriptors ?? null };
}

function madeCall({ tools }: Loop, { tool, input }: ToolCall): Next {
  return Object.hasOwn(tools, tool) ? callTool(tool, input) : callTool(CALL_MCP_TOOL, { name: tool, arguments: input });
}

/** The loop's end is a state of its own, so that the log says why it ended. */
function ended(end: NonNullable<ToolLoopState['end']>): Next {
  return update({ end });
}
