/**
 * Admission: what becomes of the actions that a step asks for, before they are requested. The policy and the budget are asked about each,
 * in order; approvals that people gave are used up.
 */
import { decodeAction, encodeAction, type Action } from './action';
import { assertAsk, type Ask } from './ask';
import { overrunOf, spentAfter, type Spent } from './budget';
import { guarded } from './determinism-guard';
import { KernelError } from './error';
import { canonicalJson } from './canonical-json';
import { sealJson, type Json } from './json';
import type { Authorization, Policy } from './policy';
import type { Program } from './program';
import type { Approval } from './resumption';
import { denialText, STEP, type DenialCode } from './waiting';

/** Most actions that a step may ask for at once. */
export const ACTIONS_AT_ONCE_MAX = 100;

/** An action as it is to be requested: with the edits of those who approved it. */
export interface Admitted {
  readonly action: Action;
  readonly payload: Json;
  /** People denied it: it fails with this text. */
  readonly denied?: string;
}

/** What becomes of actions. */
export type Admission =
  | { readonly type: 'admitted'; readonly actions: readonly Admitted[] }
  /** People must be asked first. */
  | { readonly type: 'asks'; readonly ask: Ask }
  | { readonly type: 'denied'; readonly code: DenialCode; readonly reason: string };

/**
 * Says what becomes of actions. Changes nothing.
 *
 * @throws KernelError `UnknownTool`, `InvalidToolInput`, `InvalidAsk`, `Driver`
 */
export function admit(
  program: Program,
  runId: string,
  actions: readonly Action[],
  approvals: readonly Approval[],
  before: Spent,
): Admission {
  assertTogether(program, actions);
  let spent = before;
  let unused = approvals;
  const admitted: Admitted[] = [];
  for (const action of actions) {
    program.checkAction(action);
    const payload = sealJson(encodeAction(action));
    const { answer, overrun } = guarded('policy', () => judged(program.policy, runId, action, spent));
    if (answer.type === 'deny') return { type: 'denied', code: 'PolicyDenied', reason: answer.reason };
    if (overrun !== null) return { type: 'denied', code: 'BudgetExceeded', reason: overrun };
    if (answer.type === 'allow') {
      admitted.push({ action, payload });
    } else {
      const approval = unused.find(({ proposed }) => canonicalJson(proposed) === canonicalJson(payload));
      if (approval === undefined) return { type: 'asks', ask: askOf(action, payload, answer) };
      unused = unused.filter((other) => other !== approval);
      admitted.push(
        approval.outcome === 'denied'
          ? { action, payload, denied: denialText(approval) }
          : { action: decodeAction(approval.action), payload: approval.action },
      );
    }
    spent = spentAfter(spent, STEP, { type: 'ActionRequested', actionId: '', payload });
  }
  return { type: 'admitted', actions: admitted };
}

function judged(
  policy: Policy,
  runId: string,
  action: Action,
  spent: Spent,
): { readonly answer: Authorization; readonly overrun: string | null } {
  const answer = policy.authorize(runId, action, { spent });
  return { answer, overrun: answer.type === 'deny' ? null : overrunOf(policy.budget?.() ?? {}, spent, action) };
}

function askOf(action: Action, payload: Json, { reason, rules }: Extract<Authorization, { type: 'ask' }>): Ask {
  const name = action.type === 'CallTool' ? action.tool : action.type === 'CallLLM' ? action.provider : action.type;
  const ask: Ask = {
    kind: 'approval',
    asker: 'policy',
    question: `May ${name} be called?`,
    reason,
    action: payload,
    ...rules,
  };
  assertAsk(ask);
  return ask;
}

function assertTogether(program: Program, actions: readonly Action[]): void {
  const fail = (reason: string): never => {
    throw new KernelError('Driver', `step of ${program.name} asked for ${actions.length} actions at once: ${reason}`);
  };
  if (actions.length === 0 || actions.length > ACTIONS_AT_ONCE_MAX) {
    fail(`1 to ${ACTIONS_AT_ONCE_MAX} are possible`);
  }
  if (actions.length > 1 && actions.some(({ type }) => type === 'WaitSignal')) {
    fail('a wait for a signal can be asked for only by itself');
  }
}
