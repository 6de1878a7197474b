/** Artifacts in memory: for tests, and for a worker whose runs are over when it ends. */
import type { Address } from '../kernel';
import type { ArtifactStore } from './artifact-store';
import { addressOf, assertAddress, verified } from './content-address';

export class MemoryArtifacts implements ArtifactStore {
  readonly #contents = new Map<Address, Uint8Array>();

  putBytes(content: Uint8Array): Promise<Address> {
    return Promise.resolve().then(() => {
      const address = addressOf(content);
      if (!this.#contents.has(address)) this.#contents.set(address, Uint8Array.from(content));
      return address;
    });
  }

  getBytes(address: Address): Promise<Uint8Array> {
    return Promise.resolve().then(() => {
      assertAddress(address);
      return Uint8Array.from(verified(address, this.#contents.get(address) ?? null));
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
