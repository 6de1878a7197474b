/**
 * What happens around every attempt of a tool, whoever wrote the activity: its input and output are checked, its time is
 * limited, heartbeats are sent, and when it fails the program's policy decides about the next attempt. The decision goes to
 * the server as a final failure or as a delay; the server does the retrying.
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { ActionFailed, type DefinedProgram, type Json, type ProgramSet } from '../kernel';
import { ACTION_ERROR_TYPE, readTried } from '../protocol';
import { isCompletedLater, judge, makeAttempt, type Attempt, type ToolCall } from './attempt';
import { Heartbeats } from './heartbeats';
import { calledTool } from './tool-activities';
import { attemptNumber, waitOf } from './tried-before';

/** Wraps the attempts of the programs' tools; other activities of the worker pass untouched. */
export class AttemptInterceptor implements ActivityInboundCallsInterceptor {
  readonly #programs: ProgramSet;

  constructor(programs: ProgramSet) {
    this.#programs = programs;
  }

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    const context = Context.current();
    const { workflowType, activityType, attempt: serversNumber } = context.info;
    const called = calledTool(this.#programs, workflowType, activityType);
    if (called === null) return await next(input);
    const { program, tool } = called;
    const [given, ...more] = input.args;
    const tried = tool.short === undefined ? null : readTried(more[0]);
    const wait = waitOf(tried, serversNumber);
    if (wait !== null) throw wait;
    const action = actionOf(program, activityType, (given ?? null) as Json);
    const attempt: Attempt = { program, tool, action, number: attemptNumber(tried, serversNumber) };
    const heartbeats = Heartbeats.start(context, tool);
    try {
      return await makeAttempt(attempt, (parsed) => next({ ...input, args: [parsed, ...more] }));
    } catch (thrown) {
      // An activity that somebody else completes later has not failed.
      if (isCompletedLater(thrown)) throw thrown;
      throw cancellationOf(context) ?? failureOf(attempt, thrown);
    } finally {
      heartbeats?.stop();
    }
  }
}

/** Decides about a failed attempt, and says it in the server's words. */
function failureOf(attempt: Attempt, thrown: unknown): ApplicationFailure {
  const { kind, text, retryAfterMs } = judge(attempt, thrown);
  return ApplicationFailure.create({
    type: ACTION_ERROR_TYPE,
    message: text,
    nonRetryable: retryAfterMs === null,
    ...(retryAfterMs === null ? {} : { nextRetryDelay: retryAfterMs }),
    details: [{ kind, attempt: attempt.number }],
    ...(thrown instanceof Error && !(thrown instanceof ActionFailed) ? { cause: thrown } : {}),
  });
}

function actionOf(program: DefinedProgram, name: string, input: Json): ToolCall {
  return Object.hasOwn(program.tools, name)
    ? { type: 'CallTool', tool: name, input }
    : { type: 'CallLLM', provider: name, input };
}

/** The server's cancellation, if there was one: what a tool throws after it is a consequence, not the cause. */
function cancellationOf({ cancellationSignal }: Context): CancelledFailure | null {
  const reason: unknown = cancellationSignal.reason;
  return reason instanceof CancelledFailure ? reason : null;
}
