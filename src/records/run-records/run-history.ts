/**
 * What the engine's history knows of a run and its log does not: how often an action was tried, how long each try took, who sent an answer, and
 * how the run ended. A run record is complete without it, and says more with it.
 */
import type { ActionId } from '../../kernel';

/** One try of an action. */
export interface ActionAttempt {
  /** 1 for the first. */
  readonly attempt: number;
  /** Milliseconds since 1970; null where history does not say: it keeps the beginning of the last try only. */
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  /** Why it failed; null for one that did not, and for one of which history keeps no reason (all but the last two). */
  readonly error: string | null;
  readonly status: 'completed' | 'failed' | 'cancelled' | 'timedOut' | 'running';
}

/** An action as the engine saw it. */
export interface ActionHistory {
  readonly kind: 'activity' | 'childRun';
  readonly attempts: readonly ActionAttempt[];
  /** The engine's id of the child's execution, where one was started. */
  readonly childExecutionId: string | null;
}

/** How a run's last execution ended. */
export interface RunClosing {
  readonly status: 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timedOut';
  readonly atMs: number;
  /** Why, in the engine's words. */
  readonly failure: { readonly type: string; readonly message: string } | null;
}

/** What history knows of a run. */
export interface RunHistory {
  readonly actions: ReadonlyMap<ActionId, ActionHistory>;
  /** Who sent what an event brought, as they named themselves; by `senderKey`. */
  readonly senders: ReadonlyMap<string, string>;
  /** Null while the run goes on. */
  readonly closing: RunClosing | null;
}

/** Names an event of an execution's history. */
export function senderKey(executionId: string, historyEventId: number): string {
  return `${executionId}/${historyEventId}`;
}
