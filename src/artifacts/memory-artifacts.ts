/** Artifacts in memory: for tests, and for a worker whose runs are over when it ends. */
import { assertTenantId, DEFAULT_TENANT, type Address, type TenantId } from '../kernel';
import type { ArtifactStore } from './artifact-store';
import { assertAddress, ownCopy, verified } from './content-address';

/** What tenants keep. */
export type ArtifactMemory = Map<TenantId, Map<Address, Uint8Array>>;

export class MemoryArtifacts implements ArtifactStore {
  readonly #memory: ArtifactMemory;
  readonly #contents: Map<Address, Uint8Array>;

  /** @throws KernelError `InvalidTenant` */
  constructor(tenant: TenantId = DEFAULT_TENANT, memory: ArtifactMemory = new Map()) {
    assertTenantId(tenant);
    this.#memory = memory;
    this.#contents = memory.get(tenant) ?? new Map<Address, Uint8Array>();
    memory.set(tenant, this.#contents);
  }

  /** Another tenant's store, in the same memory. @throws KernelError `InvalidTenant` */
  forTenant(tenant: TenantId): MemoryArtifacts {
    return new MemoryArtifacts(tenant, this.#memory);
  }

  // Asynchronous, so that what is wrong rejects the promise.
  // eslint-disable-next-line @typescript-eslint/require-await
  async putBytes(given: Uint8Array): Promise<Address> {
    const { address, content } = ownCopy(given);
    if (!this.#contents.has(address)) this.#contents.set(address, content);
    return address;
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async getBytes(address: Address): Promise<Uint8Array> {
    assertAddress(address);
    return new Uint8Array(verified(address, this.#contents.get(address) ?? null));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
