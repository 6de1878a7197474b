import fc from 'fast-check';
import type { Action, ActionError, ActionErrorKind } from '../../src/kernel/action';
import { NOTHING_SPENT } from '../../src/kernel/budget';
import {
  allowAll,
  allowList,
  RATE_LIMITED_RETRIES_MAX,
  retryWithBackoff,
  type Policy,
  type RetryDecision,
} from '../../src/kernel/policy';
import { readGolden } from './golden/read-golden';

type GoldenDecision = 'Retry' | 'Fail' | { readonly RetryAfterMs: number };

interface Golden {
  readonly default_trait_strategy: readonly { kind: string; attempt: number; decision: GoldenDecision }[];
  readonly new_3_10: readonly GoldenDecision[];
  readonly table: readonly {
    readonly max_retries: number;
    readonly base_ms: number;
    readonly cap_ms: number | null;
    readonly jitter_ratio: number;
    readonly kind: string;
    readonly attempt: number;
    readonly decision: GoldenDecision;
  }[];
}

const golden = readGolden('policy-backoff.json') as Golden;
const CTX = { spent: NOTHING_SPENT };
const TOOL: Action = { type: 'CallTool', tool: 't', input: null };

describe("the specification's own tests", () => {
  const inner = allowList({ tools: ['t'] });

  test('permanent_error_returns_fail', () => {
    expect(decide(inner, errorOf('Permanent'), 0)).toEqual({ type: 'fail' });
  });

  test('retry_with_backoff_transient_retries_then_fails', () => {
    const policy = retryWithBackoff(inner, { maxRetries: 2, backoffBaseMs: 10 });
    expect([0, 1, 2].map((attempt) => decide(policy, errorOf('Transient'), attempt))).toEqual([
      { type: 'retryAfter', ms: 10 },
      { type: 'retryAfter', ms: 20 },
      { type: 'fail' },
    ]);
  });

  test('retry_with_backoff_rate_limited_uses_retry_after_ms', () => {
    const policy = retryWithBackoff(inner, { maxRetries: 3, backoffBaseMs: 100 });
    expect(decide(policy, errorOf('RateLimited(2500)'), 0)).toEqual({ type: 'retryAfter', ms: 2_500 });
  });

  test('retry_with_backoff_exponential_increases', () => {
    const policy = retryWithBackoff(inner, { maxRetries: 5, backoffBaseMs: 50, backoffCapMs: 500 });
    expect([0, 1, 2].map((attempt) => decide(policy, errorOf('Transient'), attempt))).toEqual([
      { type: 'retryAfter', ms: 50 },
      { type: 'retryAfter', ms: 100 },
      { type: 'retryAfter', ms: 200 },
    ]);
  });
});

describe('the reference kernel', () => {
  test.each(
    golden.table.map((row) => [row.kind, row.attempt, row.base_ms, row.cap_ms, row.jitter_ratio, row] as const),
  )(
    'given %s at attempt %i with base %i, cap %s and jitter %d, then the decision is the same',
    (_kind, _attempt, _base, _cap, _jitter, row) => {
      const policy = retryWithBackoff(allowAll(), {
        maxRetries: row.max_retries,
        backoffBaseMs: row.base_ms,
        ...(row.cap_ms === null ? {} : { backoffCapMs: row.cap_ms }),
        jitterRatio: row.jitter_ratio,
      });
      expect(decide(policy, errorOf(row.kind), row.attempt)).toEqual(decisionOf(row.decision));
    },
  );

  test('given a base of 10 ms and three retries, then 10, 20, 40 and no more', () => {
    const policy = retryWithBackoff(allowAll(), { maxRetries: 3, backoffBaseMs: 10 });
    expect([0, 1, 2, 3].map((attempt) => decide(policy, errorOf('Transient'), attempt))).toEqual(
      golden.new_3_10.map(decisionOf),
    );
  });

  test.each(golden.default_trait_strategy.map((row) => [row.kind, row.attempt, row] as const))(
    'given the default strategy and %s at attempt %i, then the decision is the same, but it never goes on for ever',
    (kind, attempt, row) => {
      const expected = attempt >= RATE_LIMITED_RETRIES_MAX ? ({ type: 'fail' } as const) : decisionOf(row.decision);
      expect(decide(allowAll(), errorOf(kind), attempt)).toEqual(expected);
    },
  );
});

describe('allow-lists', () => {
  const policy = allowList({ tools: ['search'], providers: ['local'] });
  const authorize = (action: Action): string => {
    const authorization = policy.authorize('run', action, CTX);
    return authorization.type === 'allow' ? 'allowed' : authorization.reason;
  };

  test('given a listed tool or provider, then it is allowed', () => {
    expect(authorize({ type: 'CallTool', tool: 'search', input: 1 })).toBe('allowed');
    expect(authorize({ type: 'CallLLM', provider: 'local', input: 1 })).toBe('allowed');
  });

  test('given another one, then it is denied by name', () => {
    expect(authorize({ type: 'CallTool', tool: 'rm_rf', input: 1 })).toBe('tool not allowed: rm_rf');
    expect(authorize({ type: 'CallLLM', provider: 'openai', input: 1 })).toBe('provider not allowed: openai');
    expect(authorize({ type: 'CallTool', tool: 'local', input: 1 })).toBe('tool not allowed: local');
    expect(authorize({ type: 'CallTool', tool: 'constructor', input: 1 })).toBe('tool not allowed: constructor');
  });

  test('given an empty list, then nothing is allowed but to sleep and to wait', () => {
    const empty = allowList({});
    expect(empty.authorize('run', TOOL, CTX).type).toBe('deny');
    expect(empty.authorize('run', { type: 'Sleep', millis: 1 }, CTX).type).toBe('allow');
    expect(empty.authorize('run', { type: 'WaitSignal', name: 'go' }, CTX).type).toBe('allow');
  });

  test('given a retry policy around a list, then the list decides who is allowed', () => {
    const wrapped = retryWithBackoff(policy, { maxRetries: 1, backoffBaseMs: 1 });
    expect(wrapped.authorize('run', TOOL, CTX)).toEqual({ type: 'deny', reason: 'tool not allowed: t' });
  });
});

describe('any back-off', () => {
  const backoff = fc.record({
    maxRetries: fc.nat(5_000),
    backoffBaseMs: fc.nat(1_000_000),
    backoffCapMs: fc.nat(10_000_000),
    jitterRatio: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  test('given any attempt, then it fails from maxRetries on, and waits whole milliseconds within cap and jitter before', () => {
    fc.assert(
      fc.property(backoff, fc.nat(5_000), (settings, attempt) => {
        const decision = decide(retryWithBackoff(allowAll(), settings), errorOf('Transient'), attempt);
        if (attempt >= settings.maxRetries) {
          expect(decision).toEqual({ type: 'fail' });
        } else {
          const ms = decision.type === 'retryAfter' ? decision.ms : -1;
          expect(Number.isSafeInteger(ms)).toBe(true);
          expect(ms).toBeGreaterThanOrEqual(Math.min(settings.backoffBaseMs, settings.backoffCapMs));
          expect(ms).toBeLessThanOrEqual(settings.backoffCapMs * 2);
        }
      }),
    );
  });

  test('given no base, then it never waits, however often', () => {
    const policy = retryWithBackoff(allowAll(), { maxRetries: 10_000, backoffBaseMs: 0 });
    expect(decide(policy, errorOf('Transient'), 9_999)).toEqual({ type: 'retryAfter', ms: 0 });
  });

  test('given a rate limit without a hint, then it backs off like a transient error', () => {
    const policy = retryWithBackoff(allowAll(), { maxRetries: 3, backoffBaseMs: 10 });
    expect(decide(policy, errorOf('RateLimited(none)'), 1)).toEqual({ type: 'retryAfter', ms: 20 });
  });
});

function decide(policy: Policy, error: ActionError, attempt: number): RetryDecision {
  return policy.retryStrategyAttempt(error, TOOL, attempt);
}

const KINDS: Readonly<Record<string, ActionErrorKind>> = {
  Transient: 'transient',
  Permanent: 'permanent',
  RateLimited: 'rateLimited',
};

/** `Transient`, `Permanent`, `RateLimited(none)` or `RateLimited(2500)`. */
function errorOf(text: string): ActionError {
  const [name = '', hint] = text.split(/[()]/);
  const retryAfterMs = hint === undefined || hint === 'none' ? null : Number(hint);
  return { kind: KINDS[name] as ActionErrorKind, message: 'm', retryAfterMs };
}

/** The reference saturates at 2^64 - 1; JavaScript counts exactly to 2^53 - 1. */
function decisionOf(decision: GoldenDecision): RetryDecision {
  if (decision === 'Fail') return { type: 'fail' };
  if (decision === 'Retry') return { type: 'retry' };
  return { type: 'retryAfter', ms: Math.min(decision.RetryAfterMs, Number.MAX_SAFE_INTEGER) };
}
