/** Events that a step may emit. */
import { KernelError } from './error';
import type { Event } from './event';

/** A step's event as the log will have it, so that `reduce` sees the same now and in a replay. */
export function stateUpdatedOf(event: Event): Event {
  if (event.type === 'StateUpdated') {
    return { type: 'StateUpdated', stepId: event.stepId ?? null, payload: event.payload };
  }
  throw new KernelError(
    'Driver',
    `a step may emit StateUpdated and nothing else, not ${event.type}: the kernel writes the rest`,
  );
}
