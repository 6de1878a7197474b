/** What events make of a tool loop's state. */
import {
  canonicalJson,
  checkSchema,
  decisionOf,
  decodeAction,
  steeringOf,
  type Action,
  type Event,
  type Json,
} from '../kernel';
import { fittingResult, withSaid, type ToolEntry } from './entry-room';
import { usageInFailure } from './failed-usage';
import { GO_ON, grantedAgain } from './loop-budget';
import { saidOf } from './loop-step';
import { CALL_MCP_TOOL, LIST_MCP_TOOLS, McpListingSchema } from './mcp-tools';
import {
  ModelResultSchema,
  type Answer,
  type Compaction,
  type ModelCall,
  type ToolCall,
  type Usage,
} from './model-call';
import type { Loop } from './tool-loop';
import type { Spending, ToolLoopState } from './tool-loop-state';

/** Longest text of a failure that a model is told, in characters. */
const FAILURE_LENGTH_MAX = 2_000;

export function loopReduce(loop: Loop, state: ToolLoopState, event: Event): ToolLoopState {
  switch (event.type) {
    case 'ActionRequested':
      return requested(state, event.actionId, decodeAction(event.payload));
    case 'ActionSucceeded':
      return succeeded(loop, state, event.actionId, event.output);
    case 'ActionFailed':
      return failed(state, event.actionId, event.error);
    case 'Resumed':
      return resumed(loop, state, event);
    case 'StateUpdated':
      return { ...state, end: (event.payload as { readonly end: ToolLoopState['end'] }).end };
    case 'Interrupted':
    case 'Completed':
      return state;
  }
}

function requested(state: ToolLoopState, actionId: string, action: Action): ToolLoopState {
  if (action.type === 'CallLLM') {
    return { ...state, pending: { actionId, is: (action.input as ModelCall).task } };
  }
  if (action.type === 'WaitSignal') return { ...state, pending: { actionId, is: 'message' } };
  if (action.type !== 'CallTool') return state;
  if (action.tool === LIST_MCP_TOOLS) return { ...state, pending: { actionId, is: 'listing' } };
  // Calls are asked for in their order, and in one batch.
  const [call, ...calls] = state.calls;
  if (call === undefined) return state;
  const isEdited = canonicalJson(argumentsOf(action)) !== canonicalJson(call.input);
  return { ...state, calls, running: [...state.running, { actionId, call, isEdited }] };
}

/** What a tool is called with, as the model would say it. */
function argumentsOf({ tool, input }: Extract<Action, { type: 'CallTool' }>): Json {
  return tool === CALL_MCP_TOOL ? (input as { readonly arguments: Json }).arguments : input;
}

function succeeded(loop: Loop, state: ToolLoopState, actionId: string, output: Json): ToolLoopState {
  if (state.pending?.actionId !== actionId) return withResult(state, actionId, output, false);
  const settled = { ...state, pending: null };
  switch (state.pending.is) {
    case 'listing': {
      const { tools, descriptors } = McpListingSchema.parse(output);
      return { ...settled, mcp: { tools, descriptors: descriptors.$artifact.address } };
    }
    case 'message':
      return output === null ? { ...settled, end: 'closed' } : withMessage(loop, settled, output as string);
    case 'answer':
    case 'compact': {
      const result = ModelResultSchema.parse(output);
      return result.task === 'answer' ? answered(loop, settled, result) : compacted(settled, result);
    }
  }
}

function answered(loop: Loop, state: ToolLoopState, answer: Answer): ToolLoopState {
  const { transcript, usage, finish, text } = answer;
  // Each attempt has read the conversation.
  const contextTokens = usage.totalTokens - (usage.failedAttempts?.totalTokens ?? 0);
  const calls = answer.calls.map((call) => ({ ...call, refused: call.refused ?? misfit(loop, state, call) }));
  const said: ToolLoopState = {
    ...state,
    transcript,
    said: [],
    results: calls.flatMap((call) => (call.refused === null ? [] : [resultOf(call, beginningOf(call.refused), true)])),
    calls: calls.filter(({ refused }) => refused === null),
    called: calls.map(({ tool }) => tool),
    order: calls.map(({ callId }) => callId),
    steps: state.steps + 1,
    spent: spentAlso(state.spent, usage),
    contextTokens,
    ...(state.isShortened ? { isShortened: false, shortTokens: contextTokens } : {}),
  };
  if (calls.length > 0) return { ...said, answer: null };
  const isFinal = finish === 'stop' || finish === 'tool-calls' || loop.isConversation;
  return { ...said, answer: { text, object: answer.object ?? null }, end: isFinal ? null : finish };
}

/** Why a call can't be made: the worker has looked already, and its programs may be of another version. */
function misfit({ tools }: Loop, { mcp }: ToolLoopState, { tool, input }: ToolCall): string | null {
  if (Object.hasOwn(tools, tool)) {
    const checked = checkSchema((tools[tool] as NonNullable<Loop['tools'][string]>).input, input);
    return checked.ok ? null : `the input does not fit: ${checked.reason}`;
  }
  return mcp?.tools.includes(tool) === true ? null : `there is no tool ${tool}`;
}

function compacted(state: ToolLoopState, { transcript, usage, before, after }: Compaction): ToolLoopState {
  // The next answer says how long the conversation is now.
  const measured = { ...state, contextTokens: 0 };
  // Where there was nothing to make shorter, no model was asked.
  if (after === before) return measured;
  return {
    ...measured,
    transcript,
    spent: spentAlso(state.spent, usage),
    // Until it has grown from there, it is not made shorter again.
    isShortened: true,
    compactions: state.compactions + 1,
  };
}

function failed(state: ToolLoopState, actionId: string, error: string): ToolLoopState {
  if (state.pending?.actionId !== actionId) return withResult(state, actionId, error, true);
  const { is } = state.pending;
  const usage = is === 'answer' || is === 'compact' ? usageInFailure(error) : null;
  // A conversation that can't be made shorter goes on as it is, until the next answer says that it is too long again.
  return {
    ...state,
    pending: null,
    ...(usage === null ? {} : { spent: spentAlso(state.spent, usage) }),
    ...(is === 'compact' ? { contextTokens: 0, isShortened: true } : {}),
  };
}

function withResult(state: ToolLoopState, actionId: string, result: Json, isError: boolean): ToolLoopState {
  const ended = state.running.find((running) => running.actionId === actionId);
  if (ended === undefined) return state;
  const { call, isEdited } = ended;
  const cut = isError && typeof result === 'string' ? beginningOf(result) : result;
  const told =
    isEdited && !isError ? { note: 'a person changed the input before this call was made', result: cut } : cut;
  return {
    ...state,
    running: state.running.filter((running) => running !== ended),
    results: [...state.results, fittingResult(state.results, resultOf(call, told, isError))],
  };
}

/** A failure's text as a model is told it: the log has the whole. */
function beginningOf(text: string): string {
  return text.length <= FAILURE_LENGTH_MAX ? text : `${text.slice(0, FAILURE_LENGTH_MAX).toWellFormed()} … (cut)`;
}

function resultOf({ callId, tool }: ToolCall, result: Json, isError: boolean): ToolEntry {
  return { role: 'tool', callId, tool, result, isError };
}

/** A message in between, an answer about the budget, or whatever else somebody says to the run. */
function resumed(loop: Loop, state: ToolLoopState, event: Extract<Event, { type: 'Resumed' }>): ToolLoopState {
  const decision = decisionOf(event);
  if (decision !== null) {
    return decision.value === GO_ON
      ? { ...state, granted: grantedAgain(loop.budget, state) }
      : { ...state, end: 'budget' };
  }
  const message = steeringOf(event)?.message ?? event.value;
  return withMessage(loop, state, typeof message === 'string' ? message : canonicalJson(message));
}

function withMessage(loop: Loop, state: ToolLoopState, text: string): ToolLoopState {
  return { ...state, said: [...withSaid(saidOf(loop, state), text)], steps: 0 };
}

function spentAlso(spent: Spending, { totalTokens, costUsd }: Pick<Usage, 'totalTokens' | 'costUsd'>): Spending {
  return { calls: spent.calls + 1, tokens: spent.tokens + totalTokens, usd: spent.usd + (costUsd ?? 0) };
}
