/** History and program disagree: the error that names the history event. */
import { KernelError } from '../kernel';
import { describeEvent, type HistoryEvent } from './history-event';

/** A `HistoryMismatch` at an event. */
export function mismatch(event: HistoryEvent, reason: string, cause?: unknown): KernelError {
  return new KernelError('HistoryMismatch', `${describeEvent(event)}: ${reason}`, { cause });
}
