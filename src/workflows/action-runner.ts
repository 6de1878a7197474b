/**
 * How an action is done on Temporal: a tool or model call is an activity of its name, or a child workflow where the tool is a
 * program; `Sleep` is a timer. (`WaitSignal` is done by nobody: the machine itself takes the signal.)
 *
 * Retries are the server's. The worker's own decision arrives there as a delay or as a final failure, so the retry policy
 * here rules only what no worker could decide: attempts that were lost.
 */
import {
  ActivityCancellationType,
  ChildWorkflowCancellationType,
  executeChild,
  ParentClosePolicy,
  proxyActivities,
  sleep,
  TemporalFailure,
  type ActivityOptions,
} from '@temporalio/workflow';
import {
  ATTEMPT_TIMEOUT_MS,
  attemptTimeoutMsOf,
  HEARTBEAT_TIMEOUT_MS,
  summaryOf,
  type Action,
  type ActionId,
  type ActionResult,
  type AnyTool,
  type DefinedProgram,
  type Json,
  type Program,
} from '../kernel';
import { childArguments, resultOfFailure, type RunOptions, type Tried } from '../protocol';

/** The worker ends a late attempt itself; one that is later than this by so many milliseconds was lost with its worker. */
const LOST_AFTER_MS = 5_000;

/** Attempts of an action, lost ones included, whatever its policy says. */
const ATTEMPTS_MAX = 1_000;

type Activities = Record<string, (input: Json, tried?: Tried) => Promise<unknown>>;

/**
 * Does an action; gives its result, or never when the action is nobody's to do.
 *
 * @param tried how it was tried in a burst
 */
export async function runAction(
  program: Program,
  options: RunOptions,
  actionId: ActionId,
  action: Action,
  tried: Tried | null = null,
): Promise<ActionResult> {
  switch (action.type) {
    case 'Sleep':
      return await runTimer(action.millis, summaryOf(program, action));
    case 'WaitSignal':
      return await new Promise<never>(() => undefined);
    case 'CallTool':
      return await runActivity(program, options, actionId, action, action.tool, action.input, tried);
    case 'CallLLM':
      return await runActivity(program, options, actionId, action, action.provider, action.input, tried);
  }
}

async function runTimer(millis: number, summary: string): Promise<ActionResult> {
  try {
    // The server has no timers of zero milliseconds.
    await sleep(Math.max(1, millis), { summary });
    return { type: 'success', output: null };
  } catch (failure) {
    return resultOf(failure);
  }
}

async function runActivity(
  program: Program,
  runOptions: RunOptions,
  actionId: ActionId,
  action: Action,
  activityType: string,
  input: Json,
  tried: Tried | null,
): Promise<ActionResult> {
  const tool = toolOf(program, action);
  const summary = summaryOf(program, action);
  if (tool?.program !== undefined)
    return await runChild(tool.program, tool, actionId, summary, childArguments(input, runOptions));
  const options = activityOptions(tool);
  const activities = proxyActivities<Activities>({
    ...options,
    activityId: actionId,
    summary,
  });
  const activity = activities[activityType] as Activities[string];
  try {
    return { type: 'success', output: ((await activity(input, ...(tried === null ? [] : [tried]))) ?? null) as Json };
  } catch (failure) {
    return resultOf(failure);
  }
}

async function runChild(
  child: DefinedProgram,
  tool: AnyTool,
  actionId: ActionId,
  summary: string,
  args: readonly unknown[],
): Promise<ActionResult> {
  try {
    const outcome: unknown = await executeChild(child.name, {
      workflowId: actionId,
      args: [...args],
      staticSummary: summary,
      // A parent that is gone can't use what the child finds out.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      ...(tool.taskQueue === undefined ? {} : { taskQueue: tool.taskQueue }),
      ...(tool.totalTimeoutMs === undefined ? {} : { workflowExecutionTimeout: tool.totalTimeoutMs }),
    });
    return { type: 'success', output: outcome as Json };
  } catch (failure) {
    return resultOf(failure);
  }
}

/** What is no failure of Temporal's is a bug, and must fail the workflow task instead of the action. */
function resultOf(failure: unknown): ActionResult {
  if (failure instanceof TemporalFailure) return resultOfFailure(failure);
  throw failure;
}

function activityOptions(tool: AnyTool | null): ActivityOptions {
  const heartbeatTimeout = tool?.heartbeatTimeoutMs ?? (tool?.run === undefined ? undefined : HEARTBEAT_TIMEOUT_MS);
  return {
    startToCloseTimeout: (tool === null ? ATTEMPT_TIMEOUT_MS : attemptTimeoutMsOf(tool)) + LOST_AFTER_MS,
    ...(heartbeatTimeout === undefined ? {} : { heartbeatTimeout }),
    ...(tool?.totalTimeoutMs === undefined ? {} : { scheduleToCloseTimeout: tool.totalTimeoutMs }),
    ...(tool?.taskQueue === undefined ? {} : { taskQueue: tool.taskQueue }),
    // What a cancelled tool did is part of the story: wait until it says.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: 1_000,
      backoffCoefficient: 2,
      maximumInterval: 60_000,
      maximumAttempts: ATTEMPTS_MAX,
    },
  };
}

/** The program that an action starts a run of; null for actions of other kinds. */
export function childOf(program: Program, action: Action): DefinedProgram | null {
  return toolOf(program, action)?.program ?? null;
}

function toolOf(program: Program | DefinedProgram, action: Action): AnyTool | null {
  if (!('tools' in program)) return null;
  if (action.type === 'CallTool') return program.tools[action.tool] ?? null;
  if (action.type === 'CallLLM') return program.providers[action.provider] ?? null;
  return null;
}
