/** What `toThrow` takes to expect a kernel error by its code. */
import type { KernelErrorCode } from '../../src/kernel/error';

/** Matches kernel errors of a code, by name and code alone. */
export function kernelError(code: KernelErrorCode): Error {
  return expect.objectContaining({ name: 'KernelError', code }) as Error;
}
