/**
 * The tool loop: a program that asks a model, makes the tool calls that it asks for, gives it the results, and so on until it is done.
 *
 * Guarantees: what the model sees is always a legal transcript — each of its tool calls has exactly one result before anything else is
 * said — whatever messages, denials, failures and budgets come in between; and no action's input grows with the conversation.
 */
import { z } from 'zod';
import {
  allowAll,
  defineProgram,
  KernelError,
  retryWithBackoff,
  type AnyTool,
  type ApprovalRules,
  type DefinedProgram,
  type Policy,
} from '../kernel';
import { approvalPolicy } from './loop-approvals';
import { wrongIn, type LoopBudget } from './loop-budget';
import { jsonBytes } from './json-bytes';
import { loopReduce } from './loop-reduce';
import { loopStep } from './loop-step';
import { CALL_MCP_TOOL, LIST_MCP_TOOLS, MCP_ACTIONS, MCP_SERVER_NAME } from './mcp-tools';
import { ModelCallSchema, ModelResultSchema, type ModelCall, type ModelUse } from './model-call';
import { stepCountIs, STEPS_MAX_DEFAULT, type StopWhen } from './stop-when';
import { ToolLoopState } from './tool-loop-state';
import { loopTools } from './tool-results';

/** What a tool loop is made of. */
export interface ToolLoopDefinition {
  /** A JavaScript identifier: the workflow type. */
  readonly name: string;
  readonly description?: string;
  /** Counts up when the definition changes. Default 1. */
  readonly version?: number;
  /** The model, by the name that the worker has for it. */
  readonly model: string;
  /** What the model is told before everything else. */
  readonly instructions: string;
  /** What the model may call. */
  readonly tools?: Readonly<Record<string, AnyTool>>;
  /** The MCP servers whose tools it may call too, by the names that the worker has for them. The model knows them as `server__tool`. */
  readonly mcp?: readonly string[];
  /** What needs an approval, by the name that the model calls it. */
  readonly approvals?: Readonly<Record<string, ApprovalRules>>;
  /** Tools whose results nobody but the model may see: they are in no history, log or export. */
  readonly secrets?: readonly string[];
  /** The structure of the answer. Default: text. */
  readonly output?: z.ZodType;
  /** When the loop stops though the model would go on. Default: after 50 answers to one message. */
  readonly stopWhen?: StopWhen;
  readonly budget?: LoopBudget;
  /** After an answer the run waits for the next signal `message`, a text; null ends it. Default: it is complete. */
  readonly conversation?: boolean;
  /** Makes the conversation shorter when the model has to read more than so many tokens; the last messages stay as they are. */
  readonly compaction?: { readonly afterTokens: number; readonly keep?: number };
  /** Tool calls that are made at once, when the model asks for several. Default 10. */
  readonly parallel?: number;
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  /** Longest time of one attempt of a model call, in milliseconds. Default: five minutes. */
  readonly modelTimeoutMs?: number;
  /** Default: everything is allowed, and what is transient or rate-limited is tried eight times more. */
  readonly policy?: Policy;
}

/** What a run of a tool loop starts from. */
export interface ToolLoopInput {
  readonly prompt: string;
}

/** Messages that a compaction leaves as they are, unless a program says otherwise. */
export const KEEP_DEFAULT = 20;

/** Tool calls at once, unless a program says otherwise. */
const PARALLEL_DEFAULT = 10;

/** Longest message of a person, in characters. */
export const MESSAGE_LENGTH_MAX = 65_536;

/** Longest instructions, in bytes of JSON. */
const INSTRUCTIONS_BYTES_MAX = 131_072;

const MessageSchema = z.string().max(MESSAGE_LENGTH_MAX);

const RETRIES = { maxRetries: 8, backoffBaseMs: 500, backoffCapMs: 30_000, jitterRatio: 0.2 } as const;

/**
 * Makes an agent: a program whose steps a model decides.
 *
 * @throws KernelError `InvalidProgram`, saying what to change
 */
export function toolLoop(definition: ToolLoopDefinition): DefinedProgram<ToolLoopState, ToolLoopInput> {
  const { name, model, conversation = false, approvals = {} } = definition;
  const tools = definition.tools ?? {};
  const mcp = definition.mcp ?? [];
  const loop: Loop = {
    model,
    instructions: definition.instructions,
    tools,
    mcp,
    approved: Object.keys(approvals),
    isConversation: conversation,
    stopWhen: definition.stopWhen ?? stepCountIs(STEPS_MAX_DEFAULT),
    budget: definition.budget ?? {},
    compaction: definition.compaction === undefined ? null : { keep: KEEP_DEFAULT, ...definition.compaction },
    parallel: definition.parallel ?? PARALLEL_DEFAULT,
  };
  assertDefinition(definition);
  return defineProgram({
    name,
    ...(definition.description === undefined ? {} : { description: definition.description }),
    ...(definition.version === undefined ? {} : { version: definition.version }),
    state: ToolLoopState,
    tools: { ...loopTools(tools, definition.secrets ?? []), ...(mcp.length === 0 ? {} : MCP_ACTIONS) },
    providers: { [model]: modelProvider(definition) },
    steering: MessageSchema,
    ...(conversation ? { signals: { message: MessageSchema.nullable() } } : {}),
    // A tool that fails goes back to the model; so does what people deny. Without the model there is nothing to go on with.
    onActionFailed: (action) =>
      (action.type === 'CallTool' && action.tool !== LIST_MCP_TOOLS) ||
      (action.type === 'CallLLM' && (action.input as ModelCall | null)?.task === 'compact')
        ? 'continue'
        : 'fail',
    policy: approvalPolicy(definition.policy ?? retryWithBackoff(allowAll(), RETRIES), approvals),
    step: (state) => loopStep(loop, state),
    reduce: (state, event) => loopReduce(loop, state, event),
  });
}

/** What step and reduce need to know of a loop. */
export interface Loop {
  readonly model: string;
  readonly instructions: string;
  readonly tools: Readonly<Record<string, AnyTool>>;
  readonly mcp: readonly string[];
  /** What needs an approval, by the name that the model uses. */
  readonly approved: readonly string[];
  readonly isConversation: boolean;
  readonly stopWhen: StopWhen;
  readonly budget: LoopBudget;
  readonly compaction: { readonly afterTokens: number; readonly keep: number } | null;
  readonly parallel: number;
}

function modelProvider(definition: ToolLoopDefinition): AnyTool {
  const { tools = {}, output, maxOutputTokens, temperature, modelTimeoutMs } = definition;
  const use: ModelUse = {
    tools: Object.keys(tools).sort(),
    output: output ?? null,
    maxOutputTokens: maxOutputTokens ?? null,
    temperature: temperature ?? null,
  };
  return {
    description: `A model call of ${definition.name}.`,
    input: ModelCallSchema,
    output: ModelResultSchema,
    heartbeatTimeoutMs: 15_000,
    ...(modelTimeoutMs === undefined ? {} : { timeoutMs: modelTimeoutMs }),
    summary: (call: ModelCall) => summaryOf(call),
    model: use,
  };
}

function summaryOf(call: ModelCall): string {
  if (call.task === 'compact') return 'compact the conversation';
  const results = call.entries.filter(({ role }) => role === 'tool').length;
  const messages = call.entries.filter(({ role }) => role === 'user').length;
  const parts = [results === 0 ? '' : `${results} results`, messages === 0 ? '' : `${messages} messages`];
  return `answer to ${parts.filter((part) => part !== '').join(' and ') || 'the conversation'}`;
}

function assertDefinition({
  name,
  model,
  instructions,
  tools = {},
  mcp = [],
  approvals = {},
  budget = {},
  parallel,
}: ToolLoopDefinition): void {
  const fail = (reason: string): never => {
    throw new KernelError('InvalidProgram', `the tool loop ${name}: ${reason}`);
  };
  for (const tool of Object.keys(tools)) {
    if (!/^[A-Za-z][\w-]{0,63}$/.test(tool))
      fail(`models can't call a tool ${JSON.stringify(tool)}: letters, digits, _ and - do`);
    if (tool === model || tool === LIST_MCP_TOOLS || tool === CALL_MCP_TOOL)
      fail(`the name ${tool} is taken: give the tool another one`);
  }
  const badServer = mcp.find((server) => !MCP_SERVER_NAME.test(server));
  if (badServer !== undefined)
    fail(`an MCP server can't be called ${badServer}: letters and digits, with single _ or - between them`);
  const taken = Object.keys(tools).find((tool) => mcp.some((server) => tool.startsWith(`${server}__`)));
  if (taken !== undefined) fail(`the tool ${taken} has the name of one of an MCP server: give it another one`);
  const bytes = jsonBytes(instructions);
  if (bytes > INSTRUCTIONS_BYTES_MAX)
    fail(`instructions of ${bytes} bytes: ${INSTRUCTIONS_BYTES_MAX} are possible; let a tool read what is larger`);
  const wrong = wrongIn(budget);
  if (wrong !== null) fail(wrong);
  for (const approved of Object.keys(approvals)) {
    const isMcp = mcp.some((server) => approved.startsWith(`${server}__`));
    if (!Object.hasOwn(tools, approved) && !isMcp) fail(`it has no tool ${approved} that could need an approval`);
  }
  if (parallel !== undefined && !(Number.isSafeInteger(parallel) && parallel >= 1 && parallel <= 100)) {
    fail(`${parallel} tool calls at once: 1 to 100 are possible`);
  }
}
