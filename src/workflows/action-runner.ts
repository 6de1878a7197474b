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
  type PendingAction,
  type Program,
} from '../kernel';
import { childArguments, resultOfFailure, type RunOptions, type Tried } from '../protocol';

/** The worker ends a late attempt itself; one that is later than this by so many milliseconds was lost with its worker. */
const LOST_AFTER_MS = 5_000;

/** Attempts of an action, lost ones included, whatever its policy says. */
const ATTEMPTS_MAX = 1_000;

type Activities = Record<string, (input: Json, tried?: Tried) => Promise<unknown>>;

/** Is given how an action ended, as something that says it, and throws what is a bug and no end of an action. */
export type TakeEnd = (end: () => ActionResult) => void;

/**
 * Begins an action, whose end is taken later; never, when the action is nobody's to do. It is told to stop through the scope that this is called in.
 *
 * A promise costs some thirty microseconds in Temporal's sandbox, which takes a stack trace for each: so an end is no promise.
 *
 * @param tried how the action was tried in a burst
 */
export function beginAction(
  program: Program,
  options: RunOptions,
  { actionId, action }: PendingAction,
  tried: Tried | null,
  take: TakeEnd,
): void {
  switch (action.type) {
    case 'Sleep':
      // The server has no timers of zero milliseconds.
      takeEndOf(sleep(Math.max(1, action.millis), { summary: summaryOf(program, action) }), take);
      break;
    case 'WaitSignal':
      break;
    case 'CallTool':
    case 'CallLLM':
      takeEndOf(beginCall(program, options, actionId, action, tried), take);
  }
}

function takeEndOf(whenOver: Promise<unknown>, take: TakeEnd): void {
  whenOver.then(
    (output) => {
      take(() => ({ type: 'success', output: (output ?? null) as Json }));
    },
    (failure: unknown) => {
      take(() => resultOf(failure));
    },
  );
}

function beginCall(
  program: Program,
  runOptions: RunOptions,
  actionId: ActionId,
  action: Extract<Action, { readonly type: 'CallTool' | 'CallLLM' }>,
  tried: Tried | null,
): Promise<unknown> {
  const tool = toolOf(program, action);
  const summary = summaryOf(program, action);
  if (tool?.program !== undefined) {
    return beginChild(tool.program, tool, actionId, summary, childArguments(action.input, runOptions));
  }
  const name = action.type === 'CallTool' ? action.tool : action.provider;
  const activities = proxyActivities<Activities>({
    ...activityOptions(tool),
    activityId: actionId,
    // The Web UI shows the name anyway, and what is said twice is in history twice.
    ...(summary === name ? {} : { summary }),
  });
  const activity = activities[name] as Activities[string];
  return activity(action.input, ...(tried === null ? [] : [tried]));
}

function beginChild(
  child: DefinedProgram,
  tool: AnyTool,
  actionId: ActionId,
  summary: string,
  args: readonly unknown[],
): Promise<unknown> {
  return executeChild(child.name, {
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
