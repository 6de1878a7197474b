/**
 * What a contract for stores is made of: cases with a name, which any test runner can run.
 *
 * A case throws an `AssertionError` where the store breaks its promise. It knows the store by its interface alone.
 */
import assert from 'node:assert/strict';
import { isKernelError, type KernelErrorCode } from '../kernel/error';
import type { LogStore } from '../kernel/log-store';
import { DEFAULT_TENANT, type TenantId } from '../kernel/tenant';

/** An empty place for stores: a new file, a new database, a new memory. */
export interface StorePlace {
  /** Opens a store for a tenant. It may be called more than once, for the same tenant too. */
  readonly open: (tenant: TenantId) => LogStore | Promise<LogStore>;
  /** Removes the place; the stores are closed by then. */
  readonly remove?: () => unknown;
}

/** A case, ready to be run: `for (const { name, run } of cases) it(name, run)`. */
export interface ContractCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** A promise of every store: a sentence, and what shows that it holds. */
export interface Promised {
  readonly name: string;
  /**
   * @param store a store at an empty place
   * @param open opens another store at the same place
   */
  readonly holds: (store: LogStore, open: (tenant?: TenantId) => Promise<LogStore>) => Promise<void>;
}

/** A list of promises: it gives their functions their types. */
export function promises(list: readonly Promised[]): readonly Promised[] {
  return list;
}

/** Holds a place against a promise: with a place of its own, which is closed and removed afterwards. */
export async function assertHolds(
  promised: Promised,
  makePlace: () => StorePlace | Promise<StorePlace>,
): Promise<void> {
  const place = await makePlace();
  const opened: LogStore[] = [];
  const open = async (tenant: TenantId = DEFAULT_TENANT): Promise<LogStore> => {
    const store = await place.open(tenant);
    opened.push(store);
    return store;
  };
  try {
    await promised.holds(await open(), open);
  } finally {
    for (const store of opened) await store.close();
    await place.remove?.();
  }
}

/** Expects a kernel error of a code, by code alone. */
export async function rejects(code: KernelErrorCode, promise: Promise<unknown>): Promise<void> {
  const outcome = await promise.then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('value' in outcome) assert.fail(`it was accepted, and should be refused with ${code}`);
  const { error } = outcome;
  if (!isKernelError(error)) assert.fail(`it was refused with no kernel error: ${String(error)}`);
  assert.equal(error.code, code, error.message);
}
