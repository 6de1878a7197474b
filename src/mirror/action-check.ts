/** What a history has of an action, compared with the action that the program asked for. */
import {
  canonicalJson,
  type Action,
  type ActionId,
  type DefinedProgram,
  type PendingAction,
  type Program,
} from '../kernel';
import { childArguments, type Alone, type RunOptions } from '../protocol';
import type { CheckedRun } from './checked-run';
import type { HistoryEvent } from './history-event';
import { mismatch, reading } from './history-mismatch';

/**
 * Checks what was scheduled for an action.
 *
 * @param left what a burst said of the action when it left it to an activity of its own; null where none did
 * @throws KernelError `HistoryMismatch`
 */
export async function assertAction(
  event: HistoryEvent,
  { action, actionId }: Pick<PendingAction, 'action' | 'actionId'>,
  left: Alone | null,
  run: CheckedRun,
): Promise<void> {
  if (event.startChildWorkflowExecutionInitiatedEventAttributes) {
    await assertChild(event, action, actionId, run);
    return;
  }
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (!scheduled) {
    if (action.type !== 'Sleep') throw mismatch(event, `a timer, but the program asked for ${canonicalJson(action)}`);
    assertTimer(event, Math.max(1, action.millis), 'the program asked for');
    return;
  }
  const name = action.type === 'CallTool' ? action.tool : action.type === 'CallLLM' ? action.provider : null;
  if (
    name === null ||
    childOf(run.program, action) !== null ||
    scheduled.activityType?.name !== name ||
    scheduled.activityId !== actionId
  ) {
    throw mismatch(
      event,
      `activity ${scheduled.activityType?.name ?? '?'} with id ${scheduled.activityId ?? '?'}, but the program asked for ` +
        `${name ?? action.type} as ${actionId}`,
    );
  }
  const given = await reading(event, () => run.decoder.values(scheduled.input));
  const tried = left?.tried === undefined ? [] : [left.tried];
  if ('input' in action && canonicalJson(given) !== canonicalJson([action.input, ...tried])) {
    throw mismatch(event, `its input is not what the program gave to ${name}`);
  }
}

async function assertChild(event: HistoryEvent, action: Action, actionId: ActionId, run: CheckedRun): Promise<void> {
  const { workflowId, workflowType, input } = event.startChildWorkflowExecutionInitiatedEventAttributes ?? {};
  const child = childOf(run.program, action);
  if (child === null || workflowType?.name !== child.name || workflowId !== actionId) {
    throw mismatch(
      event,
      `child ${workflowType?.name ?? '?'} with id ${workflowId ?? '?'}, but the program asked for ` +
        `${child?.name ?? action.type} as ${actionId}`,
    );
  }
  const given = await reading(event, () => run.decoder.values(input));
  const expected = 'input' in action ? childArguments(action.input, handedDown(run)) : [];
  if (canonicalJson(given) !== canonicalJson(expected)) {
    throw mismatch(event, `its input is not what the program gave to ${child.name}`);
  }
}

/** What a child gets from its parent. */
function handedDown({ tenant, starter }: CheckedRun): RunOptions {
  return { tenant, ...(starter === null ? {} : { startedBy: starter }) };
}

/** The program that an action starts a run of; null for actions of other kinds. */
export function childOf(program: Program, action: Action): Program | null {
  if (action.type !== 'CallTool' || !('tools' in program)) return null;
  const { tools } = program as DefinedProgram;
  return Object.hasOwn(tools, action.tool) ? (tools[action.tool]?.program ?? null) : null;
}

/** Checks that a timer began, and of which length. */
export function assertTimer(event: HistoryEvent, expectedMs: number, wanted: string): void {
  const fires = event.timerStartedEventAttributes?.startToFireTimeout;
  const millis = Number(fires?.seconds ?? 0) * 1_000 + (fires?.nanos ?? 0) / 1_000_000;
  if (fires && millis === expectedMs) return;
  throw mismatch(event, `a timer of ${millis} ms, but ${wanted} ${expectedMs} ms`);
}
