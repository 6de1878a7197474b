/**
 * The tools of programs as activities: one activity a tool name, which finds the tool of the program whose run calls it. So two
 * programs on one worker may have tools of the same name.
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { ATTEMPT_TIMEOUT_MS, type AnyTool, type DefinedProgram, type ToolContext } from '../kernel';
import { ACTION_ERROR_TYPE } from '../protocol';

/** An activity as the worker registers it. */
export type ToolActivity = (input: unknown) => Promise<unknown>;

/** The programs of a worker, by name. */
export type Programs = ReadonlyMap<string, DefinedProgram>;

/** The activities that the programs' tools need: those with a `run`. */
export function toolActivities(programs: Programs): Record<string, ToolActivity> {
  const names = new Set<string>();
  for (const program of programs.values()) {
    for (const [name, { run }] of [...Object.entries(program.tools), ...Object.entries(program.providers)]) {
      if (run !== undefined) names.add(name);
    }
  }
  return Object.fromEntries([...names].map((name) => [name, activityOf(programs, name)]));
}

/** The tool or provider of that name, in the program that the workflow type names; null when it is none of ours. */
export function toolOf(programs: Programs, workflowType: string | undefined, name: string): AnyTool | null {
  const program = workflowType === undefined ? undefined : programs.get(workflowType);
  if (program === undefined) return null;
  if (Object.hasOwn(program.tools, name)) return program.tools[name] ?? null;
  return Object.hasOwn(program.providers, name) ? (program.providers[name] ?? null) : null;
}

function activityOf(programs: Programs, name: string): ToolActivity {
  return async (input) => {
    const { workflowType } = Context.current().info;
    const tool = toolOf(programs, workflowType, name);
    const run = tool?.run;
    if (tool === null || run === undefined) {
      throw ApplicationFailure.nonRetryable(
        `no program here has a tool ${name} for a run of ${workflowType ?? '?'}`,
        ACTION_ERROR_TYPE,
      );
    }
    return await run(input as never, toolContext(tool));
  };
}

function toolContext(tool: AnyTool): ToolContext {
  const context = Context.current();
  const { workflowExecution, activityId, attempt } = context.info;
  return {
    runId: workflowExecution?.workflowId ?? '',
    actionId: activityId,
    attempt,
    signal: AbortSignal.any([context.cancellationSignal, AbortSignal.timeout(tool.timeoutMs ?? ATTEMPT_TIMEOUT_MS)]),
    heartbeat: (details) => {
      context.heartbeat(details);
    },
  };
}
