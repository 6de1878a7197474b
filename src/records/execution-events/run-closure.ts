/** A run's end, as far as a projection needs to know it. */
import type { DenialCode } from '../../kernel';

/** How a run ended, as its mirror knows. */
export type RunEnd = 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timedOut';

/** What is known of a run's end beyond its log. */
export interface RunClosure {
  readonly closed: RunEnd;
  /** Who refused an action and why, where that was the end (`RunStatus` has it): the log has no event for it. */
  readonly denial?: { readonly code: DenialCode; readonly reason: string };
  /** When the run ended, in milliseconds since 1970. Default: when its last entry came to be. */
  readonly closedAtMs?: number;
}
