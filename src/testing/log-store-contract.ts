/**
 * What every log store does, whatever it stands on: the contract, as cases for any test runner.
 *
 * Guarantees: every case gets an empty place of its own and leaves it closed; a case knows nothing of the store but its
 * interface. For each there is a store in our own tests that is broken on purpose and fails it.
 */
import { assertHolds, type ContractCase, type Promised, type StorePlace } from './contract-case';
import { EVENT_PROMISES } from './event-promises';
import { PAYLOAD_PROMISES } from './payload-promises';
import { PLACE_PROMISES } from './place-promises';
import { SNAPSHOT_PROMISES } from './snapshot-promises';
import { STEP_PROMISES } from './step-promises';

/** Every promise of a log store. */
export const LOG_STORE_PROMISES: readonly Promised[] = [
  ...EVENT_PROMISES,
  ...PAYLOAD_PROMISES,
  ...SNAPSHOT_PROMISES,
  ...STEP_PROMISES,
  ...PLACE_PROMISES,
];

/**
 * The contract of log stores, for a store of your own:
 *
 *     for (const { name, run } of logStoreContract(() => newPlace())) it(name, run);
 *
 * @param makePlace makes an empty place; it is called once for each case
 */
export function logStoreContract(makePlace: () => StorePlace | Promise<StorePlace>): readonly ContractCase[] {
  return LOG_STORE_PROMISES.map((promised) => ({
    name: promised.name,
    run: () => assertHolds(promised, makePlace),
  }));
}
