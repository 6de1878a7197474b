/**
 * Policies: what a run may do, and what is tried again.
 *
 * Source: Oris kernel, `policy`. A policy is pure: on Temporal `authorize` is asked inside the workflow and the retry
 * decision inside the worker, and both must say the same whenever they are asked again.
 */
import type { Action, ActionError } from './action';
import type { AskRules } from './ask';
import type { BudgetRules, Spent } from './budget';
import { KernelError } from './error';
import type { RunId } from './identity';

/** Whether an action is allowed. `ask`: if people approve it, by the rules that are given. */
export type Authorization =
  | { readonly type: 'allow' }
  | { readonly type: 'deny'; readonly reason: string }
  | { readonly type: 'ask'; readonly reason: string; readonly rules?: AskRules };

/** What to do after a failed attempt. */
export type RetryDecision =
  { readonly type: 'retry' } | { readonly type: 'retryAfter'; readonly ms: number } | { readonly type: 'fail' };

/** What a policy knows of the run beside the action. Source: Oris kernel, `PolicyCtx`, which is always empty there. */
export interface PolicyCtx {
  /** What the run has spent so far. */
  readonly spent: Spent;
}

/** Decides about actions. */
export interface Policy {
  /**
   * Asked for each action, before it is requested. A denied action is not requested and ends the run. One that people must approve
   * interrupts the run; when they deny it, it fails, and the run goes on.
   */
  authorize(runId: RunId, action: Action, ctx: PolicyCtx): Authorization;
  /**
   * Asked after each failed attempt.
   *
   * @param attempt how many attempts failed before this one (0 for the first failure)
   */
  retryStrategyAttempt(error: ActionError, action: Action, attempt: number): RetryDecision;
  /** What a run may spend; the machine sees to it. Default: no limit. */
  budget?(): BudgetRules;
}

/**
 * How often a policy without a retry rule of its own obeys a rate limit's hint before it gives up. (The reference has no
 * such bound and may retry for ever.)
 */
export const RATE_LIMITED_RETRIES_MAX = 100;

const ALLOW: Authorization = { type: 'allow' };
const FAIL: RetryDecision = { type: 'fail' };

/** The specification's default: nothing is retried but a rate limit that says when to come back. */
function defaultRetryStrategy(error: ActionError, _action: Action, attempt: number): RetryDecision {
  if (error.kind !== 'rateLimited' || error.retryAfterMs === null || attempt >= RATE_LIMITED_RETRIES_MAX) return FAIL;
  return { type: 'retryAfter', ms: error.retryAfterMs };
}

/** Allows every action and retries nothing but rate limits that say when to come back. */
export function allowAll(): Policy {
  return { authorize: () => ALLOW, retryStrategyAttempt: defaultRetryStrategy };
}

/**
 * Allows the named tools and providers, and no others: an empty list allows none. `Sleep` and `WaitSignal` are always
 * allowed.
 */
export function allowList(allowed: {
  readonly tools?: readonly string[];
  readonly providers?: readonly string[];
}): Policy {
  const tools = new Set(allowed.tools);
  const providers = new Set(allowed.providers);
  return {
    authorize(_runId, action) {
      if (action.type === 'CallTool' && !tools.has(action.tool)) {
        return { type: 'deny', reason: `tool not allowed: ${action.tool}` };
      }
      if (action.type === 'CallLLM' && !providers.has(action.provider)) {
        return { type: 'deny', reason: `provider not allowed: ${action.provider}` };
      }
      return ALLOW;
    },
    retryStrategyAttempt: defaultRetryStrategy,
  };
}

/** What needs an approval, and whose. */
export interface ApprovalRules {
  /** Why people are asked. */
  readonly reason: string;
  readonly rules?: AskRules;
  /** Whether this action needs it. Pure. Default: every call of the tool does. */
  readonly when?: (action: Action) => boolean;
}

/** Asks people before the named tools and providers are called; what the inner policy denies stays denied. */
export function withApproval(
  inner: Policy,
  needs: {
    readonly tools?: Readonly<Record<string, ApprovalRules>>;
    readonly providers?: Readonly<Record<string, ApprovalRules>>;
  },
): Policy {
  const rulesOf = (action: Action): ApprovalRules | undefined => {
    const [name, rules] =
      action.type === 'CallTool'
        ? [action.tool, needs.tools ?? {}]
        : action.type === 'CallLLM'
          ? [action.provider, needs.providers ?? {}]
          : ['', {}];
    return Object.hasOwn(rules, name) ? rules[name] : undefined;
  };
  return {
    ...passedOn(inner),
    authorize(runId, action, ctx) {
      const authorization = inner.authorize(runId, action, ctx);
      const approval = authorization.type === 'allow' ? rulesOf(action) : undefined;
      if (approval === undefined || approval.when?.(action) === false) return authorization;
      const { reason, rules } = approval;
      return { type: 'ask', reason, ...(rules === undefined ? {} : { rules }) };
    },
  };
}

/** A policy that says what another says. */
function passedOn(inner: Policy): Policy {
  return {
    authorize: (runId, action, ctx) => inner.authorize(runId, action, ctx),
    retryStrategyAttempt: (error, action, attempt) => inner.retryStrategyAttempt(error, action, attempt),
    budget: () => inner.budget?.() ?? {},
  };
}

/** How `retryWithBackoff` waits. */
export interface Backoff {
  /** Retries after the first attempt. */
  readonly maxRetries: number;
  /** Milliseconds before the first retry; doubled for each one after it. */
  readonly backoffBaseMs: number;
  /** Longest wait in milliseconds, before jitter. Default: no cap. */
  readonly backoffCapMs?: number;
  /** Share of the wait, 0 to 1, that is added at most, so that many runs do not come back at once. Default 0. */
  readonly jitterRatio?: number;
}

/** Retries what is transient or rate-limited, with exponential back-off; a rate limit's own hint goes first. */
export function retryWithBackoff(inner: Policy, backoff: Backoff): Policy {
  return {
    ...passedOn(inner),
    retryStrategyAttempt(error, _action, attempt) {
      if (error.kind === 'permanent' || attempt >= backoff.maxRetries) return FAIL;
      return { type: 'retryAfter', ms: delayMs(backoff, error, attempt) };
    },
  };
}

/**
 * Ends a run before the action that would go beyond a budget; what the inner policy limits stays limited.
 *
 * @throws KernelError `InvalidProgram` for a limit that is no count
 */
export function withBudget(inner: Policy, rules: BudgetRules): Policy {
  for (const [name, limit] of Object.entries(rules)) {
    if (Number.isSafeInteger(limit) && (limit as number) >= 0) continue;
    throw new KernelError('InvalidProgram', `${name} of a budget is ${String(limit)}: it must be 0, 1, 2, …`);
  }
  return { ...passedOn(inner), budget: () => strictest(inner.budget?.() ?? {}, rules) };
}

function strictest(one: BudgetRules, other: BudgetRules): BudgetRules {
  const maxToolCalls = lower(one.maxToolCalls, other.maxToolCalls);
  const maxLlmTokens = lower(one.maxLlmTokens, other.maxLlmTokens);
  return {
    ...(maxToolCalls === undefined ? {} : { maxToolCalls }),
    ...(maxLlmTokens === undefined ? {} : { maxLlmTokens }),
  };
}

function lower(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : Math.min(one, other ?? one);
}

function delayMs(backoff: Backoff, error: ActionError, attempt: number): number {
  if (error.kind === 'rateLimited' && error.retryAfterMs !== null) return error.retryAfterMs;
  // 2^attempt becomes Infinity at 1024, and 0 * Infinity is no number.
  const factor = Math.min(2 ** attempt, Number.MAX_SAFE_INTEGER);
  const exponential = Math.min(backoff.backoffBaseMs * factor, Number.MAX_SAFE_INTEGER);
  const capped = Math.min(exponential, backoff.backoffCapMs ?? Number.MAX_SAFE_INTEGER);
  const ratio = backoff.jitterRatio ?? 0;
  if (ratio <= 0) return capped;
  // The specification's jitter: a function of the attempt, so that a replay waits as long as the run did.
  const jittered = Math.floor(capped + capped * ratio * (((attempt * 31) % 100) / 100));
  return Math.min(jittered, Number.MAX_SAFE_INTEGER);
}
