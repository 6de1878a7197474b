/** History and program disagree: the error that names the history event. */
import { canonicalJson, isKernelError, KernelError, messageOf } from '../kernel';
import { describeEvent, type HistoryEvent } from './history-event';

/** Reads what is inside an event; what can't be read was changed, or was written with another data converter. */
export async function reading<T>(event: HistoryEvent, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isKernelError(error)) throw error;
    throw mismatch(event, `its payload can't be read: ${messageOf(error)}`, error);
  }
}

/** A `HistoryMismatch` at an event. */
export function mismatch(event: HistoryEvent, reason: string, cause?: unknown): KernelError {
  return new KernelError('HistoryMismatch', `${describeEvent(event)}: ${reason}`, { cause });
}

/**
 * Checks what a run reports of itself.
 *
 * @throws KernelError `HistoryMismatch`
 */
export function assertSame(event: HistoryEvent, recorded: unknown, derived: unknown, what: string): void {
  if (canonicalJson(recorded) === canonicalJson(derived)) return;
  throw mismatch(
    event,
    `${what} is not what the history before it gives: something before it was changed, or the program was`,
  );
}
