/**
 * The tools of programs as activities: one activity a tool name, which finds the tool of the program whose run calls it. So two
 * programs on one worker may have tools of the same name.
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import {
  attemptTimeoutMsOf,
  type ActionId,
  type AnyTool,
  type Artifacts,
  type DefinedProgram,
  type ProgramSet,
  type ToolContext,
} from '../kernel';
import { ACTION_ERROR_TYPE, readTried } from '../protocol';
import { attemptNumber } from './tried-before';

/** An activity as the worker registers it. */
export type ToolActivity = (input: unknown, tried?: unknown) => Promise<unknown>;

/** The activities that the programs' tools need: those with a `run`. */
export function toolActivities(programs: ProgramSet, artifacts: Artifacts | null): Record<string, ToolActivity> {
  const names = new Set<string>();
  for (const program of programs.all) {
    for (const [name, { run }] of [...Object.entries(program.tools), ...Object.entries(program.providers)]) {
      if (run !== undefined) names.add(name);
    }
  }
  return Object.fromEntries([...names].map((name) => [name, activityOf(programs, artifacts, name)]));
}

/**
 * The program that the workflow type names, and its tool or provider of that name; null when it is none of ours. Of several versions
 * the newest that has the tool is taken: an activity does not know which version asked.
 */
export function calledTool(programs: ProgramSet, workflowType: string | undefined, name: string): CalledTool | null {
  if (workflowType === undefined) return null;
  for (const program of programs.versionsOf(workflowType)) {
    for (const tools of [program.tools, program.providers]) {
      const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
      if (tool !== undefined) return { program, tool };
    }
  }
  return null;
}

/** A tool, and the program that has it. */
export interface CalledTool {
  readonly program: DefinedProgram;
  readonly tool: AnyTool;
}

function activityOf(programs: ProgramSet, artifacts: Artifacts | null, name: string): ToolActivity {
  return async (input, tried) => {
    const context = Context.current();
    const { workflowType, attempt } = context.info;
    const called = calledTool(programs, workflowType, name);
    const run = called?.tool.run;
    if (called === null || run === undefined) {
      throw ApplicationFailure.nonRetryable(
        `no program here has a tool ${name} for a run of ${workflowType ?? '?'}`,
        ACTION_ERROR_TYPE,
      );
    }
    const number = attemptNumber(called.tool.short === undefined ? null : readTried(tried), attempt);
    return await run(input as never, toolContext(context, called.tool, artifacts, { attempt: number }));
  };
}

/** What a tool is told of the attempt that is under way: the activity's, unless it is told otherwise. */
export function toolContext(
  context: Context,
  tool: AnyTool,
  artifacts: Artifacts | null,
  told: { readonly actionId?: ActionId; readonly attempt?: number } = {},
): ToolContext {
  const { workflowExecution, activityId, attempt } = context.info;
  const endsAt = performance.now() + attemptTimeoutMsOf(tool);
  let signal: AbortSignal | null = null;
  return {
    runId: workflowExecution?.workflowId ?? '',
    actionId: told.actionId ?? activityId,
    attempt: told.attempt ?? attempt,
    // Made when it is asked for: most short tools never do.
    get signal() {
      const remainingMs = Math.max(0, Math.ceil(endsAt - performance.now()));
      signal ??= AbortSignal.any([context.cancellationSignal, AbortSignal.timeout(remainingMs)]);
      return signal;
    },
    artifacts,
    heartbeat: (details) => {
      context.heartbeat(details);
    },
  };
}
