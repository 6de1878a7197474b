/**
 * Artifacts: what is too large, too often said again, or too secret for a log. It is kept elsewhere under the hash of its bytes, and the
 * log has its address: so an entry's hash covers the content too.
 */
import { isPlainObject, type Json } from './json';

/** `sha256:` and the 64 lower-case hex digits of the hash of the bytes. */
export type Address = string;

/** The member that makes an object the reference to an artifact. */
export const ARTIFACT_TAG = '$artifact';

/** Where an artifact stands in JSON. */
export interface ArtifactRef {
  readonly [ARTIFACT_TAG]: {
    readonly address: Address;
    /** Size of the content. */
    readonly bytes: number;
  };
}

/** Longest artifact, in bytes. */
export const ARTIFACT_BYTES_MAX = 64 * 1024 * 1024;

/** Most references that are looked for in one value. */
export const ARTIFACTS_LISTED_MAX = 10_000;

/** Stores and reads JSON under its hash. What a running tool is given. */
export interface Artifacts {
  /**
   * Keeps a value. The same value has the same address, but for one that is `secret`: its address tells nothing of it.
   *
   * @throws KernelError `ArtifactTooLarge`
   */
  put(value: Json, options?: { readonly secret?: boolean }): Promise<ArtifactRef>;
  /** @throws KernelError `ArtifactMissing`, `ArtifactChanged` */
  get(address: Address): Promise<Json>;
}

const ADDRESS = /^sha256:[0-9a-f]{64}$/;

/** Whether a text is the address of an artifact. */
export function isAddress(value: unknown): value is Address {
  return typeof value === 'string' && ADDRESS.test(value);
}

/** Whether a value is the reference to an artifact. */
export function isArtifactRef(value: unknown): value is ArtifactRef {
  if (!isPlainObject(value) || !Object.hasOwn(value, ARTIFACT_TAG) || Object.keys(value).length !== 1) return false;
  const body = value[ARTIFACT_TAG];
  if (!isPlainObject(body) || !Object.hasOwn(body, 'address') || !Object.hasOwn(body, 'bytes')) return false;
  return isAddress(body['address']) && Number.isSafeInteger(body['bytes']) && (body['bytes'] as number) >= 0;
}

/** The references in a value, each once, in the order in which they stand; at most {@link ARTIFACTS_LISTED_MAX}. */
export function artifactsIn(value: Json): readonly ArtifactRef[] {
  const found = new Map<Address, ArtifactRef>();
  const pending: Json[] = [value];
  for (let next = pending.pop(); next !== undefined && found.size < ARTIFACTS_LISTED_MAX; next = pending.pop()) {
    if (isArtifactRef(next)) {
      const ref: ArtifactRef = next;
      const { address } = ref[ARTIFACT_TAG];
      if (!found.has(address)) found.set(address, ref);
      continue;
    }
    const within: readonly Json[] = Array.isArray(next) ? next : isPlainObject(next) ? Object.values(next) : [];
    for (let at = within.length - 1; at >= 0; at -= 1) pending.push(within[at] as Json);
  }
  return [...found.values()];
}
