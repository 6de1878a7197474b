/**
 * What happens around every attempt of a tool, whoever wrote the activity: its input and output are checked, its time is
 * limited, heartbeats are sent, and when it fails the program's policy decides about the next attempt. The decision goes to
 * the server as a final failure or as a delay; the server does the retrying.
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import {
  actionErrorOf,
  ActionFailed,
  ATTEMPT_TIMEOUT_MS,
  brokenOutput,
  canonicalJson,
  checkSchema,
  failureTextOf,
  isKernelError,
  messageOf,
  permanent,
  SLEEP_MS_MAX,
  transient,
  type Action,
  type ActionError,
  type AnyTool,
  type DefinedProgram,
  type Json,
  type ProgramSet,
  type RetryDecision,
} from '../kernel';
import { ACTION_ERROR_TYPE } from '../protocol';
import { Heartbeats } from './heartbeats';
import { calledTool } from './tool-activities';

/** Wraps the attempts of the programs' tools; other activities of the worker pass untouched. */
export class AttemptInterceptor implements ActivityInboundCallsInterceptor {
  readonly #programs: ProgramSet;

  constructor(programs: ProgramSet) {
    this.#programs = programs;
  }

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    const { workflowType, activityType } = Context.current().info;
    const called = calledTool(this.#programs, workflowType, activityType);
    if (called === null) return await next(input);
    const { program, tool } = called;
    const action = actionOf(program, activityType, (input.args[0] ?? null) as Json);
    const cancelled = failureOnCancel();
    const heartbeats = Heartbeats.start(tool);
    try {
      const parsed = readInput(tool, activityType, action.input);
      const output = await inTime(tool, () => next({ ...input, args: [parsed] }));
      return readOutput(tool, labelOf(action), output ?? null);
    } catch (thrown) {
      // An activity that somebody else completes later has not failed.
      if (thrown instanceof Error && thrown.name === 'CompleteAsyncError') throw thrown;
      const cancellation = cancelled();
      if (cancellation !== null) throw cancellation;
      throw failureOf(program, action, thrown);
    } finally {
      heartbeats.stop();
    }
  }
}

type ToolCall = Extract<Action, { readonly input: Json }>;

/** The worker's own limit, so that the policy hears of it; the server's is a little longer and for lost workers. */
async function inTime(tool: AnyTool, attempt: () => Promise<unknown>): Promise<unknown> {
  const timeoutMs = tool.timeoutMs ?? ATTEMPT_TIMEOUT_MS;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(transient(`timed out after ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([attempt(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function readInput(tool: AnyTool, name: string, given: Json): unknown {
  const checked = checkSchema(tool.input, given);
  if (checked.ok) return checked.value;
  throw permanent(`input of ${name} breaks its schema: ${checked.reason}`);
}

/**
 * Checks an output before it goes into history. What its schema strips is stripped here, so that history holds nothing that
 * the log does not vouch for; unless the schema turns the value into something that it would not take again.
 */
function readOutput(tool: AnyTool, label: string, output: unknown): unknown {
  const checked = checkSchema(tool.output, output);
  if (!checked.ok) throw permanent(brokenOutput(label, checked.reason));
  assertWritable(output, label);
  const again = checkSchema(tool.output, checked.value);
  return again.ok && isSame(again.value, checked.value) ? checked.value : output;
}

/** An output that can't be written would fail behind the policy's back, again and again. */
function assertWritable(output: unknown, label: string): void {
  try {
    JSON.stringify(output);
  } catch (error) {
    throw permanent(`output of ${label} is not JSON: ${messageOf(error)}`);
  }
}

function isSame(one: unknown, other: unknown): boolean {
  try {
    return canonicalJson(one) === canonicalJson(other);
  } catch (error) {
    if (isKernelError(error, 'NotJson')) return false;
    throw error;
  }
}

/** Decides about a failed attempt, and says it in the server's words. */
function failureOf(program: DefinedProgram, action: Action, thrown: unknown): ApplicationFailure {
  const error = errorOf(thrown);
  const decision = decide(program, action, error);
  return ApplicationFailure.create({
    type: ACTION_ERROR_TYPE,
    message: failureTextOf(thrown),
    nonRetryable: decision.type === 'fail',
    ...(decision.type === 'fail' ? {} : { nextRetryDelay: delayMs(decision) }),
    details: [{ kind: error.kind, attempt: Context.current().info.attempt }],
    ...(thrown instanceof Error && !(thrown instanceof ActionFailed) ? { cause: thrown } : {}),
  });
}

/** The server takes a delay of zero for "no delay given", and can't be told one that is no number. */
function delayMs(decision: Exclude<RetryDecision, { type: 'fail' }>): number {
  const ms = decision.type === 'retryAfter' ? decision.ms : 1;
  return Number.isNaN(ms) ? 1 : Math.min(Math.max(1, ms), SLEEP_MS_MAX);
}

/** A policy that throws has not said that another attempt is wanted. */
function decide(program: DefinedProgram, action: Action, error: ActionError): RetryDecision {
  try {
    return program.policy.retryStrategyAttempt(error, action, Context.current().info.attempt - 1);
  } catch {
    return { type: 'fail' };
  }
}

/** Activities that know Temporal say for themselves whether another attempt may help. */
function errorOf(thrown: unknown): ActionError {
  if (!(thrown instanceof ApplicationFailure)) return actionErrorOf(thrown);
  return {
    kind: thrown.nonRetryable === true ? 'permanent' : 'transient',
    message: thrown.message,
    retryAfterMs: null,
  };
}

function actionOf(program: DefinedProgram, name: string, input: Json): ToolCall {
  return Object.hasOwn(program.tools, name)
    ? { type: 'CallTool', tool: name, input }
    : { type: 'CallLLM', provider: name, input };
}

function labelOf(action: ToolCall): string {
  return action.type === 'CallTool' ? `tool ${action.tool}` : `provider ${action.provider}`;
}

/** Remembers the server's cancellation: what a tool throws after it is a consequence, not the cause. */
function failureOnCancel(): () => CancelledFailure | null {
  let failure: CancelledFailure | null = null;
  Context.current().cancelled.catch((reason: unknown) => {
    if (reason instanceof CancelledFailure) failure = reason;
  });
  return () => failure;
}
