/** How actions end: what their results become in the log, together where they were asked for together. */
import type { Action, ActionResult } from './action';
import { KernelError, messageOf } from './error';
import type { Event } from './event';
import { sealJson, type Json } from './json';
import type { Collected } from './machine-input';
import type { Program } from './program';
import { pendingActionsOf, type GoesOn, type PendingAction, type Waiting } from './waiting';

/** The ends of actions, in the order in which they were asked for. */
export interface Ending {
  readonly events: readonly Event[];
  /** Whether the run fails with it. */
  readonly isFatal: boolean;
}

/** What a result becomes in the log. What the log can't say (no JSON, no well-formed text) must not stop the run for ever: it is a failure. */
export function readResult(program: Program, action: Action, given: ActionResult): ActionResult {
  if (given.type === 'failure') return { type: 'failure', error: given.error.toWellFormed() };
  const sealed = sealedOutput(given.output);
  return sealed.type === 'failure' ? sealed : program.readOutput(action, sealed.output);
}

/** An output as JSON; a failure where it is none. */
export function sealedOutput(given: unknown): ActionResult {
  let output: Json;
  try {
    output = sealJson(given);
  } catch (error) {
    return { type: 'failure', error: new KernelError('Executor', `output is refused: ${messageOf(error)}`).message };
  }
  return { type: 'success', output };
}

/** How actions end with the results that are there; null while one of them has none. */
export function endingOf(
  pending: readonly PendingAction[],
  collected: readonly Collected[],
  goesOn: GoesOn,
): Ending | null {
  const events: Event[] = [];
  let isFatal = false;
  for (const action of pending) {
    const { actionId, denied } = action;
    const result: ActionResult | undefined =
      denied === undefined
        ? collected.find((each) => each.actionId === actionId)?.result
        : { type: 'failure', error: denied };
    if (result === undefined) return null;
    if (result.type === 'success') events.push({ type: 'ActionSucceeded', actionId, output: result.output });
    else events.push({ type: 'ActionFailed', actionId, error: result.error });
    isFatal ||= isFatalResult(action, result, goesOn);
  }
  return { events, isFatal };
}

/** The actions that are to be done and have no result yet. What people denied is not done. */
export function runningOf(waiting: Waiting, collected: readonly Collected[]): readonly PendingAction[] {
  return pendingActionsOf(waiting).filter(
    ({ actionId, denied }) => denied === undefined && !collected.some((other) => other.actionId === actionId),
  );
}

/** Whether a run fails as soon as the actions that are still under way have ended. */
export function isFailing(waiting: Waiting, collected: readonly Collected[], goesOn: GoesOn): boolean {
  if (hasFailed(waiting)) return true;
  const pending = pendingActionsOf(waiting);
  return collected.some(({ actionId, result }) => {
    const action = pending.find((each) => each.actionId === actionId);
    return action !== undefined && isFatalResult(action, result, goesOn);
  });
}

/** Whether the log has the failure already that the run fails with. */
export function hasFailed(waiting: Waiting): boolean {
  return waiting.for === 'actions' && waiting.failed !== undefined;
}

/** Whether a run fails with a result. What people denied is no failure of the run. */
function isFatalResult({ action, denied }: PendingAction, result: ActionResult, goesOn: GoesOn): boolean {
  return result.type === 'failure' && denied === undefined && !goesOn(action, result.error);
}
