/** Asks a server that may be gone for a while, until it answers. */
import { setTimeout as pause } from 'node:timers/promises';
import { isKernelError } from '../../src/kernel';

const AGAIN_AFTER_MS = 200;

/** No server is away for so long. */
const GIVE_UP_AFTER_MS = 120_000;

/** gRPC status codes of a server that is going, gone or coming, and of a worker that is not there: they pass. */
const PASSING: ReadonlySet<unknown> = new Set([1, 2, 4, 8, 10, 13, 14]);

/** Does it again until it is answered. What it does must be such that twice is once. */
export async function persistently<T>(ask: () => Promise<T>): Promise<T> {
  for (const deadlineMs = Date.now() + GIVE_UP_AFTER_MS; ;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || Date.now() > deadlineMs) throw error;
    }
    await pause(AGAIN_AFTER_MS);
  }
}

function isPassing(error: unknown): boolean {
  if (isKernelError(error, 'WorkerUnavailable')) return true;
  for (let at: unknown = error; typeof at === 'object' && at !== null; at = (at as { cause?: unknown }).cause) {
    if ('code' in at && PASSING.has(at.code)) return true;
  }
  return false;
}
