/** When a run says by a memo where it stands. The workflow does so by this rule, and the mirror demands it. */
import { alarmOf, isBlocked, isPlainObject, type Waiting } from '../kernel';

/** What a run did in an activation, as far as it matters here. */
export interface Standing {
  /** What it waits for behind the activation. */
  readonly waiting: Waiting;
  /** Whether its log has grown. */
  readonly hasGrown: boolean;
  /** Whether it heard a signal. */
  readonly hasHeard: boolean;
  /** Whether it gave a receipt that vouches for its log. */
  readonly hasVouched: boolean;
}

/**
 * A run says where it stands when it heard a signal, and when it is blocked and its log has grown. Where a receipt has vouched for the log, nothing is
 * said twice: unless a timer runs meanwhile, which tells a watcher that something is under way.
 */
export function saysWhereItStands({ waiting, hasGrown, hasHeard, hasVouched }: Standing): boolean {
  if (hasHeard) return true;
  return isBlocked(waiting) && hasGrown && (!hasVouched || hasAlarm(waiting));
}

/** Whether an answer asks for a receipt that vouches for the log. */
export function asksForHash(answer: unknown): boolean {
  return isPlainObject(answer) && Object.hasOwn(answer, 'receipt') && answer['receipt'] === 'hash';
}

function hasAlarm(waiting: Waiting): boolean {
  return waiting.for === 'answer' && waiting.ballot !== undefined && alarmOf(waiting.ballot) !== null;
}
