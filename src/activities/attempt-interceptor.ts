/**
 * What happens around every attempt of a tool, whoever wrote the activity: its input and output are checked, heartbeats are
 * sent, and when it fails the program's policy decides about the next attempt. The decision goes to the server as a final
 * failure or as a delay; the server does the retrying.
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import {
  actionErrorOf,
  ActionFailed,
  brokenOutput,
  checkSchema,
  failureTextOf,
  HEARTBEAT_TIMEOUT_MS,
  permanent,
  type Action,
  type ActionError,
  type AnyTool,
  type DefinedProgram,
  type Json,
  type RetryDecision,
  type Schema,
} from '../kernel';
import { ACTION_ERROR_TYPE } from '../protocol';
import { toolOf, type Programs } from './tool-activities';

/** The most often that a heartbeat is sent, and so the longest that a cancelled tool does not know it, in milliseconds. */
const HEARTBEAT_INTERVAL_MS = 1_000;

/** Wraps the attempts of the programs' tools; other activities of the worker pass untouched. */
export class AttemptInterceptor implements ActivityInboundCallsInterceptor {
  readonly #programs: Programs;

  constructor(programs: Programs) {
    this.#programs = programs;
  }

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    const { workflowType, activityType } = Context.current().info;
    const tool = toolOf(this.#programs, workflowType, activityType);
    if (tool === null) return await next(input);
    const program = this.#programs.get(workflowType as string) as DefinedProgram;
    const given = (input.args[0] ?? null) as Json;
    const cancelled = failureOnCancel();
    const stopHeartbeats = startHeartbeats(tool);
    try {
      const parsed = parse(tool.input, given, (reason) => `input of ${activityType} breaks its schema: ${reason}`);
      const output: unknown = (await next({ ...input, args: [parsed] })) ?? null;
      parse(tool.output, output, (reason) => brokenOutput(activityLabel(program, activityType), reason));
      return output;
    } catch (thrown) {
      const cancellation = cancelled();
      if (cancellation !== null) throw cancellation;
      throw failureOf(program, actionOf(program, activityType, given), thrown);
    } finally {
      stopHeartbeats();
    }
  }
}

function parse(schema: Schema, value: unknown, say: (reason: string) => string): unknown {
  const checked = checkSchema(schema, value);
  if (!checked.ok) throw permanent(say(checked.reason));
  return checked.value;
}

/** Decides about a failed attempt, and says it in the server's words. */
function failureOf(program: DefinedProgram, action: Action, thrown: unknown): ApplicationFailure {
  const error = errorOf(thrown);
  const decision = decide(program, action, error);
  return ApplicationFailure.create({
    type: ACTION_ERROR_TYPE,
    message: failureTextOf(thrown),
    nonRetryable: decision.type === 'fail',
    // The server takes a delay of zero for "no delay given" and uses the activity's own back-off.
    ...(decision.type === 'fail'
      ? {}
      : { nextRetryDelay: Math.max(1, decision.type === 'retryAfter' ? decision.ms : 1) }),
    details: [{ kind: error.kind, attempt: Context.current().info.attempt }],
    ...(thrown instanceof Error && !(thrown instanceof ActionFailed) ? { cause: thrown } : {}),
  });
}

function decide(program: DefinedProgram, action: Action, error: ActionError): RetryDecision {
  return program.policy.retryStrategyAttempt(error, action, Context.current().info.attempt - 1);
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

function actionOf(program: DefinedProgram, name: string, input: Json): Action {
  return Object.hasOwn(program.tools, name)
    ? { type: 'CallTool', tool: name, input }
    : { type: 'CallLLM', provider: name, input };
}

function activityLabel(program: DefinedProgram, name: string): string {
  return Object.hasOwn(program.tools, name) ? `tool ${name}` : `provider ${name}`;
}

/** Remembers the server's cancellation: what a tool throws after it is a consequence, not the cause. */
function failureOnCancel(): () => CancelledFailure | null {
  let failure: CancelledFailure | null = null;
  Context.current().cancelled.catch((reason: unknown) => {
    if (reason instanceof CancelledFailure) failure = reason;
  });
  return () => failure;
}

function startHeartbeats(tool: AnyTool): () => void {
  const timeoutMs = tool.heartbeatTimeoutMs ?? (tool.run === undefined ? null : HEARTBEAT_TIMEOUT_MS);
  if (timeoutMs === null) return () => undefined;
  const context = Context.current();
  const timer = setInterval(
    () => {
      context.heartbeat();
    },
    Math.min(HEARTBEAT_INTERVAL_MS, timeoutMs / 3),
  );
  return () => {
    clearInterval(timer);
  };
}
