/**
 * Executors: who does what a program asks for, in process.
 *
 * Source: Oris kernel, `action::ActionExecutor`. Beyond it, an executor is told the action's id, so that a repeated
 * execution can be recognised outside.
 */
import type { Action, ActionResult } from './action';
import type { ActionId, RunId } from './identity';

/** Does actions. A thrown error is classified by `actionErrorOf` and goes to the policy; a returned failure does not. */
export interface ActionExecutor {
  execute(runId: RunId, action: Action, actionId: ActionId): Promise<ActionResult>;
}
