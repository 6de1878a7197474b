/** What a run waits for, between two inputs, as it follows from its log. */
import { CANCELLED_ERROR, decodeAction, type Action } from './action';
import { askIn } from './ask';
import { openBallot, withVote, type Ballot } from './ballot';
import type { KernelErrorCode } from './error';
import type { Event, SequencedEvent } from './event';
import { interruptIdOf, type ActionId, type InterruptId, type RunId } from './identity';
import { canonicalJson } from './canonical-json';
import type { Json } from './json';
import { resumptionIn, type Approval, type Resumption } from './resumption';
import type { InterruptInfo } from './step';

/** What a machine waits for. */
export type Waiting =
  /** At the boundary between two steps: `advance` takes the next one. Approvals were given, but their action was not asked for yet. */
  | { readonly for: 'step'; readonly approvals?: readonly Approval[] }
  /** The result of an action. */
  | ({ readonly for: 'action'; readonly approvals?: readonly Approval[] } & PendingAction)
  /** The results of several actions at once, in the order in which they were asked for. */
  | {
      readonly for: 'actions';
      readonly actions: readonly PendingAction[];
      readonly approvals?: readonly Approval[];
      /** One of them failed, and the run fails when all have ended. */
      readonly failed?: { readonly actionId: ActionId; readonly error: string };
    }
  /** An answer. A pause waits for one too. */
  | {
      readonly for: 'answer';
      readonly interruptId: InterruptId;
      readonly interrupt: InterruptInfo;
      /** What is known of an ask. */
      readonly ballot?: Ballot;
      readonly approvals?: readonly Approval[];
    }
  /** Nothing: the run has ended. */
  | { readonly for: 'nothing'; readonly outcome: Outcome };

/** An action without a result. */
export interface PendingAction {
  readonly actionId: ActionId;
  readonly action: Action;
  /** People denied it: it is not done, and fails with this text. */
  readonly denied?: string;
}

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

/** Whether a run goes on after an action that failed for good: its program's choice. */
export type GoesOn = (action: Action, error: string) => boolean;

/** At the boundary between two steps. */
export const STEP: Waiting = { for: 'step' };

/** Whether a run waits for people or a signal, and not for something that is under way. */
export function isBlocked(waiting: Waiting): boolean {
  return waiting.for === 'answer' || (waiting.for === 'action' && waiting.action.type === 'WaitSignal');
}

/** Whether somebody has paused the run. */
export function isPaused(waiting: Waiting): boolean {
  return waiting.for === 'answer' && resumptionIn(waiting.interrupt.value)?.type === 'pause';
}

/** The actions that a run waits for. */
export function pendingActionsOf(waiting: Waiting): readonly PendingAction[] {
  if (waiting.for === 'actions') return waiting.actions;
  if (waiting.for !== 'action') return [];
  const { actionId, action, denied } = waiting;
  return [{ actionId, action, ...(denied === undefined ? {} : { denied }) }];
}

/** Whether somebody outside does an action: not one that people denied, and not a wait for a signal. */
export function isToDo({ action, denied }: PendingAction): boolean {
  return denied === undefined && action.type !== 'WaitSignal';
}

/** What a run waits for after an event of its log. */
export function waitingAfter(
  runId: RunId,
  { seq, event }: SequencedEvent,
  before: Waiting,
  goesOn: GoesOn = () => false,
): Waiting {
  switch (event.type) {
    case 'StateUpdated':
      return before.for === 'step' ? STEP : before;
    case 'ActionRequested':
      return afterRequest(event, before);
    case 'ActionSucceeded':
    case 'ActionFailed':
      return afterResult(event, before, goesOn);
    case 'Interrupted':
      return afterInterrupt(interruptIdOf(runId, seq), event.value, before);
    case 'Resumed': {
      const resumption = resumptionIn(event.value);
      return resumption === null ? STEP : afterResumption(resumption, before);
    }
    case 'Completed':
      return { for: 'nothing', outcome: { type: 'completed' } };
  }
}

/** Whether what a run waits for after an event does not follow from that event alone. */
export function needsContext(event: Event): boolean {
  switch (event.type) {
    case 'ActionRequested':
    case 'ActionSucceeded':
    case 'ActionFailed':
      // Others may have been asked for with it, and one of them may have failed.
      return true;
    case 'Interrupted':
    case 'Resumed':
      return askIn(event.value) !== null || resumptionIn(event.value) !== null;
    case 'StateUpdated':
    case 'Completed':
      return false;
  }
}

function afterRequest({ actionId, payload }: Extract<Event, { type: 'ActionRequested' }>, before: Waiting): Waiting {
  const { approvals = [] } = before as { readonly approvals?: readonly Approval[] };
  const asked = approvals.length === 0 ? '' : canonicalJson(payload);
  const used = approvals.find(
    ({ outcome, proposed, action }) => canonicalJson(outcome === 'denied' ? proposed : action) === asked,
  );
  const pending: PendingAction = {
    actionId,
    action: decodeAction(payload),
    ...(used?.outcome === 'denied' ? { denied: denialText(used) } : {}),
  };
  const others = pendingActionsOf(before);
  const unused = approvals.filter((approval) => approval !== used);
  const kept = unused.length === 0 ? {} : { approvals: unused };
  if (others.length === 0) return { for: 'action', ...pending, ...kept };
  return { for: 'actions', actions: [...others, pending], ...kept };
}

/** What the log says of an action that people denied. */
export function denialText({ by, reason }: Pick<Approval, 'by' | 'reason'>): string {
  const who = by.filter((person) => person !== null).join(', ');
  return `denied${who === '' ? '' : ` by ${who}`}${reason === null ? '' : `: ${reason}`}`;
}

function afterResult(
  event: Extract<Event, { type: 'ActionSucceeded' | 'ActionFailed' }>,
  before: Waiting,
  goesOn: GoesOn,
): Waiting {
  const pending = pendingActionsOf(before);
  const ended = pending.find(({ actionId }) => actionId === event.actionId);
  const rest = pending.filter((other) => other !== ended);
  const isFatal =
    event.type === 'ActionFailed' &&
    (ended === undefined || (ended.denied === undefined && !goesOn(ended.action, event.error)));
  const known = before.for === 'actions' ? before.failed : undefined;
  // What was told to stop because another one failed is not why the run fails.
  const isReason = isFatal && (known === undefined || known.error === CANCELLED_ERROR);
  const failed = isReason ? { actionId: event.actionId, error: event.error } : known;
  if (rest.length > 0) return { for: 'actions', actions: rest, ...(failed === undefined ? {} : { failed }) };
  return failed === undefined ? STEP : { for: 'nothing', outcome: { type: 'failed', ...failed } };
}

function afterInterrupt(interruptId: InterruptId, value: Json, before: Waiting): Waiting {
  const ask = askIn(value);
  const approvals = approvalsIn(before);
  const isKernels = ask?.asker === 'policy' || resumptionIn(value) !== null;
  return {
    for: 'answer',
    interruptId,
    interrupt: { value },
    ...(ask === null ? {} : { ballot: openBallot(ask) }),
    // What was approved stays approved only while nothing but the kernel's own business goes on.
    ...(isKernels && approvals.length > 0 ? { approvals } : {}),
  };
}

function afterResumption(resumption: Resumption, before: Waiting): Waiting {
  const approvals = approvalsIn(before);
  switch (resumption.type) {
    case 'vote': {
      if (before.for !== 'answer' || before.ballot === undefined) return before;
      const { by, roles, value } = resumption.vote;
      return { ...before, ballot: withVote(before.ballot, { by, roles, value }) };
    }
    case 'escalated': {
      if (before.for !== 'answer' || before.ballot === undefined) return before;
      return { ...before, ballot: { ...before.ballot, stage: resumption.escalated.stage + 1 } };
    }
    case 'approval':
      return { for: 'step', approvals: [...approvals, resumption.approval] };
    case 'unpause':
      return approvals.length === 0 ? STEP : { for: 'step', approvals };
    case 'steer':
      return before.for === 'step' ? STEP : before;
    case 'decision':
    case 'pause':
      return STEP;
  }
}

function approvalsIn(waiting: Waiting): readonly Approval[] {
  return waiting.for === 'step' || waiting.for === 'answer' ? (waiting.approvals ?? []) : [];
}

/** What a run waits for, in words. */
export function describe(waiting: Waiting): string {
  switch (waiting.for) {
    case 'step':
      return 'its next step';
    case 'action':
      return `action ${waiting.actionId}`;
    case 'actions':
      return `actions ${waiting.actions.map(({ actionId }) => actionId).join(', ')}`;
    case 'answer':
      return isPaused(waiting) ? 'its pause to end' : `an answer to interrupt ${waiting.interruptId}`;
    case 'nothing':
      return `nothing, it is ${waiting.outcome.type}`;
  }
}
