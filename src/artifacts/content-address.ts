/** The address of bytes, and the checks that every store of artifacts makes. */
import { createHash } from 'node:crypto';
import { ARTIFACT_BYTES_MAX, isAddress, KernelError, type Address } from '../kernel';

/** @throws KernelError `ArtifactTooLarge` */
export function addressOf(content: Uint8Array): Address {
  if (content.length > ARTIFACT_BYTES_MAX) {
    throw new KernelError(
      'ArtifactTooLarge',
      `an artifact of ${content.length} bytes is too large: ${ARTIFACT_BYTES_MAX} are possible`,
    );
  }
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** @throws KernelError `InvalidAddress` */
export function assertAddress(address: unknown): asserts address is Address {
  if (isAddress(address)) return;
  throw new KernelError('InvalidAddress', `${JSON.stringify(address)} is no address of an artifact`);
}

/** Gives content back when it is what its address says. @throws KernelError `ArtifactMissing`, `ArtifactChanged` */
export function verified(address: Address, content: Uint8Array | null): Uint8Array {
  if (content === null) {
    throw new KernelError(
      'ArtifactMissing',
      `artifact ${address} is not kept here: is this the store that the run's worker wrote to?`,
    );
  }
  if (content.length <= ARTIFACT_BYTES_MAX && addressOf(content) === address) return content;
  throw new KernelError('ArtifactChanged', `artifact ${address} was changed: its content has another hash`);
}
