/** Where artifacts are kept: bytes under the hash of their content, for one tenant. */
import type { Address } from '../kernel';

/**
 * What a store of artifacts does. Every one verifies what it reads: content that is no longer what its address says is an error, and
 * never handed out.
 */
export interface ArtifactStore {
  /**
   * Keeps bytes under the hash of their content, durably when it has returned. What is there already stays as it is.
   *
   * @throws KernelError `ArtifactTooLarge`
   */
  putBytes(content: Uint8Array): Promise<Address>;
  /** @throws KernelError `ArtifactMissing`, `ArtifactChanged`, `InvalidAddress` */
  getBytes(address: Address): Promise<Uint8Array>;
  close(): Promise<void>;
}
