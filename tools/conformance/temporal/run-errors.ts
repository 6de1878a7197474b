/** What a client is told of a run, in the words of the reference. */
import { isKernelError, KernelError, messageOf } from '../../../src/kernel/error';
import type { Json } from '../../../src/kernel/json';
import type { RunStatus } from '../../../src/kernel/run-status';
import { statusWords } from '../play-scenario';
import { errorWords } from '../read-run';

/** The reference's variants, by what their texts begin with. */
const VARIANTS: readonly (readonly [prefix: string, variant: string])[] = [
  ['Driver error: ', 'Driver'],
  ['Reducer error: ', 'Reducer'],
  ['Executor: ', 'Executor'],
];

/** Where a run stands. The reference has an error for a denied action, and no status. */
export function outcomeWords(status: RunStatus): Json {
  if (status.status === 'denied') return errorWords(new KernelError(status.code, status.reason));
  return { Ok: statusWords(status) };
}

/**
 * What a failed call means. A program that fails here is broken until somebody mends it; what failed in it is what the reference
 * hands back.
 */
export function failureWords(error: unknown): Json {
  if (!isKernelError(error, 'ProgramBroken')) return errorWords(error);
  const display = messageOf(error.cause);
  const variant = VARIANTS.find(([prefix]) => display.startsWith(prefix))?.[1];
  if (variant === undefined) throw error;
  return { Err: { variant, display } };
}
