/**
 * Actions that were tried in a burst and go on as activities: their attempts are counted on, and what the policy wanted to wait is waited
 * for. The server waits, as for any other retry: so the first attempt of the activity only says how the last one in the burst failed.
 */
import { ApplicationFailure } from '@temporalio/common';
import { ACTION_ERROR_TYPE, type Tried } from '../protocol';

/** The number of an attempt, those in the burst included. */
export function attemptNumber(tried: Tried | null, serversNumber: number): number {
  if (tried === null) return serversNumber;
  return tried.attempts + serversNumber - (tried.failed === undefined ? 0 : 1);
}

/** What the first attempt fails with, so that the server waits; null where there is nothing to wait for. */
export function waitOf(tried: Tried | null, serversNumber: number): ApplicationFailure | null {
  const failed = serversNumber === 1 ? tried?.failed : undefined;
  if (failed === undefined) return null;
  const { error: message, retryAfterMs } = failed;
  return ApplicationFailure.create({ type: ACTION_ERROR_TYPE, message, nextRetryDelay: retryAfterMs });
}
