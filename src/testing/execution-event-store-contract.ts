/**
 * What every execution event store does, as cases that any test runner can run:
 *
 *     for (const { name, run } of executionEventStoreContract(makePlace)) it(name, run);
 *
 * Every case gets an empty place of its own, which is removed whatever happens. The cases fail by throwing.
 */
import type { ContractCase } from './contract-case';
import { EXECUTION_APPEND_PROMISES } from './execution-append-promises';
import { assertPromise, type ExecutionEventPlace, type ExecutionEventPromise } from './execution-event-case';
import { EXECUTION_PLACE_PROMISES } from './execution-place-promises';
import { EXECUTION_READ_PROMISES } from './execution-read-promises';

/** All promises of an execution event store. */
export const EXECUTION_EVENT_STORE_PROMISES: readonly ExecutionEventPromise[] = [
  ...EXECUTION_APPEND_PROMISES,
  ...EXECUTION_READ_PROMISES,
  ...EXECUTION_PLACE_PROMISES,
];

/**
 * The contract of execution event stores.
 *
 * @param makePlace makes an empty place
 */
export function executionEventStoreContract(
  makePlace: () => ExecutionEventPlace | Promise<ExecutionEventPlace>,
): readonly ContractCase[] {
  return EXECUTION_EVENT_STORE_PROMISES.map((promise) => ({
    name: promise.name,
    run: async () => {
      await assertPromise(promise, makePlace);
    },
  }));
}
