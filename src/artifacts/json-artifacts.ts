/** JSON values as artifacts: canonical JSON, so that one value has one address. */
import { randomBytes } from 'node:crypto';
import {
  ARTIFACT_TAG,
  canonicalJson,
  isPlainObject,
  KernelError,
  messageOf,
  sealJson,
  type Address,
  type ArtifactRef,
  type Artifacts,
  type Json,
} from '../kernel';
import type { ArtifactStore } from './artifact-store';

/** The member under which a secret value is kept, beside bytes of chance: from its address nobody can guess it. */
const SECRET_TAG = '$secret';

/** A value as it was kept. */
export interface KeptValue {
  readonly value: Json;
  readonly isSecret: boolean;
}

export class JsonArtifacts implements Artifacts {
  readonly #store: ArtifactStore;

  constructor(store: ArtifactStore) {
    this.#store = store;
  }

  async put(value: Json, { secret = false }: { readonly secret?: boolean } = {}): Promise<ArtifactRef> {
    const isTagged = isPlainObject(value) && Object.hasOwn(value, SECRET_TAG);
    // A value that looks like a secret is wrapped as one: else it would be unwrapped when it is read.
    const kept =
      secret || isTagged ? { [SECRET_TAG]: randomBytes(16).toString('hex'), isSecret: secret, value } : value;
    const content = Buffer.from(canonicalJson(kept));
    const address = await this.#store.putBytes(content);
    return { [ARTIFACT_TAG]: { address, bytes: content.length } };
  }

  async get(address: Address): Promise<Json> {
    return (await this.read(address)).value;
  }

  /** @throws KernelError `ArtifactMissing`, `ArtifactChanged`, `ArtifactStore` for content that is no JSON */
  async read(address: Address): Promise<KeptValue> {
    const content = await this.#store.getBytes(address);
    let value: Json;
    try {
      value = sealJson(JSON.parse(Buffer.from(content).toString('utf8')));
    } catch (error) {
      throw new KernelError('ArtifactStore', `artifact ${address} is no JSON: ${messageOf(error)}`, { cause: error });
    }
    if (!isPlainObject(value) || !Object.hasOwn(value, SECRET_TAG)) return { value, isSecret: false };
    return { value: value['value'] ?? null, isSecret: value['isSecret'] === true };
  }
}
