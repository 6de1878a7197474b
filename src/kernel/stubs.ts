/**
 * Stubs for a kernel that only replays: it asks for no step and no action, so these are never called.
 *
 * Source: Oris kernel, `stubs`. Its third, the policy that allows everything, is `allowAll`.
 */
import type { ActionExecutor } from './action-executor';
import { KernelError } from './error';
import { complete, type Next } from './step';

/** An executor that must not be called: every action fails. */
export const noopActionExecutor: ActionExecutor = {
  execute: (_, action) =>
    Promise.reject(
      new KernelError('Driver', `action execution is not used in a replay, but ${action.type} was asked for`),
    ),
};

/** A step that completes at once. */
export function noopStep(): Next {
  return complete();
}
