/**
 * What the contract for stores of artifacts is made of. A case throws where the store breaks its promise, and knows the store by its
 * interface alone.
 */
import assert from 'node:assert/strict';
import type { ArtifactStore } from '../artifacts/artifact-store';
import type { Address } from '../kernel/artifact';
import { DEFAULT_TENANT, type TenantId } from '../kernel/tenant';

/** An empty place for stores: a new folder, a new database, a new memory. */
export interface ArtifactPlace {
  /** Opens a store for a tenant. It may be called more than once, for the same tenant too. */
  readonly open: (tenant: TenantId) => ArtifactStore | Promise<ArtifactStore>;
  /** Puts other content in the place of what the tenant `default` keeps under an address, past every store. */
  readonly damage: (address: Address, content: Uint8Array) => unknown;
  /** Removes the place; the stores are closed by then. */
  readonly remove?: () => unknown;
}

/** A promise of every store: a sentence, and what shows that it holds. */
export interface ArtifactPromise {
  readonly name: string;
  /**
   * @param store a store at an empty place
   * @param open opens another store at the same place
   */
  readonly holds: (
    store: ArtifactStore,
    open: (tenant?: TenantId) => Promise<ArtifactStore>,
    damage: ArtifactPlace['damage'],
  ) => Promise<void>;
}

/** Holds a place against a promise; what was opened is closed, and the place is removed afterwards. */
export async function assertArtifactPromise(
  { holds }: ArtifactPromise,
  makePlace: () => ArtifactPlace | Promise<ArtifactPlace>,
): Promise<void> {
  const place = await makePlace();
  const opened: ArtifactStore[] = [];
  const open = async (tenant: TenantId = DEFAULT_TENANT): Promise<ArtifactStore> => {
    const store = await place.open(tenant);
    opened.push(store);
    return store;
  };
  try {
    await holds(await open(), open, place.damage);
  } finally {
    for (const store of opened) await store.close();
    await place.remove?.();
  }
}

/** What is made number by number; more of it is a repetition. */
const NOISE_BYTES = 4_096;

/** Bytes that look like chance and are the same each time. */
export function noise(length: number, seed = 1): Uint8Array {
  const content = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < Math.min(length, NOISE_BYTES); at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    content[at] = state >>> 24;
  }
  for (let made = NOISE_BYTES; made < length; made *= 2) content.copyWithin(made, 0, made);
  return content;
}

/** Fails unless two contents are the same, byte for byte. */
export function assertSameBytes(found: Uint8Array, expected: Uint8Array): void {
  assert.equal(found.length, expected.length);
  assert.ok(Buffer.compare(found, expected) === 0, 'the content is another one');
}
