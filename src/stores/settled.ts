/**
 * Synchronous work with a promise's face: the store interfaces are asynchronous, these stores are not.
 *
 * Guarantees: the work runs at once and as a whole, so that two calls never interleave; what it throws rejects the
 * promise and is never thrown at the caller.
 */

/** Runs the work now and gives its outcome as a promise. */
export function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
