/**
 * How the failure of an activity becomes the result of an action. The workflow and the mirror both read failures through
 * this, so that a log says the same in both.
 *
 * Failures are told apart by name, because `instanceof` fails across the sandbox.
 */
import { CANCELLED_ERROR, failureTextOf, messageOf, type ActionResult } from '../kernel';
import { ACTION_ERROR_TYPE } from './names';

/** What an activity's failure means for its action. */
export function resultOfFailure(failure: unknown): ActionResult {
  const isWrapped = field(failure, 'name') === 'ActivityFailure' || field(failure, 'name') === 'ChildWorkflowFailure';
  const cause = isWrapped ? field(failure, 'cause') : failure;
  switch (field(cause, 'name')) {
    case 'TerminatedFailure':
      return { type: 'failure', error: failureTextOf(new Error('the child run was terminated')) };
    case 'WorkflowExecutionAlreadyStartedError':
      return { type: 'failure', error: failureTextOf(new Error('the id of the child run was taken')) };
    case 'CancelledFailure':
      return { type: 'failure', error: CANCELLED_ERROR };
    case 'TimeoutFailure':
      return { type: 'failure', error: failureTextOf(new Error(`timed out (${String(field(cause, 'timeoutType'))})`)) };
    default:
      // Our own worker puts the log's text into the message; what others throw gets the specification's prefix here.
      return {
        type: 'failure',
        error:
          field(cause, 'type') === ACTION_ERROR_TYPE ? messageOf(cause) : failureTextOf(new Error(messageOf(cause))),
      };
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && key in value
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
