/** What a run waits for, between two inputs. */
import { decodeAction, type Action } from './action';
import type { KernelErrorCode } from './error';
import type { SequencedEvent } from './event';
import { interruptIdOf, type ActionId, type InterruptId, type RunId } from './identity';
import type { InterruptInfo } from './step';

/** What a machine waits for. */
export type Waiting =
  /** At the boundary between two steps: `advance` takes the next one. */
  | { readonly for: 'step' }
  /** The result of an action. */
  | { readonly for: 'action'; readonly actionId: ActionId; readonly action: Action }
  /** An answer. */
  | { readonly for: 'answer'; readonly interruptId: InterruptId; readonly interrupt: InterruptInfo }
  /** Nothing: the run has ended. */
  | { readonly for: 'nothing'; readonly outcome: Outcome };

/** Who refused an action: the policy, or the budget that it sets. */
export type DenialCode = Extract<KernelErrorCode, 'PolicyDenied' | 'BudgetExceeded'>;

/** How a run ended. */
export type Outcome =
  | { readonly type: 'completed' }
  /** An action failed for good. */
  | { readonly type: 'failed'; readonly actionId: ActionId; readonly error: string }
  /** The policy refused an action, or the run's budget did; it was not requested. */
  | { readonly type: 'denied'; readonly code: DenialCode; readonly reason: string }
  | { readonly type: 'cancelled' };

/** At the boundary between two steps. */
export const STEP: Waiting = { for: 'step' };

/** Whether a run waits for a person or a signal, and not for something that is under way. */
export function isBlocked(waiting: Waiting): boolean {
  return waiting.for === 'answer' || (waiting.for === 'action' && waiting.action.type === 'WaitSignal');
}

/** What a run waits for after an event of its log. */
export function waitingAfter(runId: RunId, { seq, event }: SequencedEvent, before: Waiting): Waiting {
  switch (event.type) {
    case 'StateUpdated':
      return before;
    case 'ActionRequested':
      return { for: 'action', actionId: event.actionId, action: decodeAction(event.payload) };
    case 'ActionSucceeded':
    case 'Resumed':
      return STEP;
    case 'ActionFailed':
      return { for: 'nothing', outcome: { type: 'failed', actionId: event.actionId, error: event.error } };
    case 'Interrupted':
      return { for: 'answer', interruptId: interruptIdOf(runId, seq), interrupt: { value: event.value } };
    case 'Completed':
      return { for: 'nothing', outcome: { type: 'completed' } };
  }
}

/** What a run waits for, in words. */
export function describe(waiting: Waiting): string {
  switch (waiting.for) {
    case 'step':
      return 'its next step';
    case 'action':
      return `action ${waiting.actionId}`;
    case 'answer':
      return `an answer to interrupt ${waiting.interruptId}`;
    case 'nothing':
      return `nothing, it is ${waiting.outcome.type}`;
  }
}
