/** The address of bytes, and the checks that every store of artifacts makes. */
import { createHash } from 'node:crypto';
import { ARTIFACT_BYTES_MAX, isAddress, isKernelError, KernelError, messageOf, type Address } from '../kernel';

/** @throws KernelError `ArtifactTooLarge` */
export function addressOf(content: Uint8Array): Address {
  assertSize(content);
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/**
 * A copy of content, which nobody else can change while it is being written, and its address.
 *
 * @throws KernelError `ArtifactTooLarge`
 */
export function ownCopy(content: Uint8Array): { readonly address: Address; readonly content: Uint8Array } {
  assertSize(content);
  const copy = new Uint8Array(content);
  return { address: addressOf(copy), content: copy };
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
  throw changed(address);
}

/** The error for content that is not what its address says. */
export function changed(address: Address): KernelError {
  return new KernelError('ArtifactChanged', `artifact ${address} was changed: its content has another hash`);
}

/** The error for what a place of artifacts could not do; a kernel error is given back as it is. */
export function artifactFailure(task: string, error: unknown): KernelError {
  if (isKernelError(error)) return error;
  return new KernelError('ArtifactStore', `${task}: ${messageOf(error)}`, { cause: error });
}

function assertSize({ length }: Uint8Array): void {
  if (length <= ARTIFACT_BYTES_MAX) return;
  throw new KernelError(
    'ArtifactTooLarge',
    `an artifact of ${length} bytes is too large: ${ARTIFACT_BYTES_MAX} are possible`,
  );
}
