/** The messages of a conversation as artifacts: pages that name the page before, so that what was said is stored once. */
import type { JsonArtifacts, KeptValue } from '../artifacts';
import {
  ARTIFACT_TAG,
  isPlainObject,
  KernelError,
  sealJson,
  type Address,
  type ArtifactRef,
  type Json,
} from '../kernel';

/** A message: JSON with a role. */
export interface TranscriptMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly [member: string]: unknown;
}

/** A message as it was read. Appended to another conversation it is not stored again, and stays secret if it was. */
export interface KeptMessage extends KeptValue {
  readonly address: Address;
}

export class Transcripts {
  readonly #artifacts: JsonArtifacts;

  constructor(artifacts: JsonArtifacts) {
    this.#artifacts = artifacts;
  }

  async append(
    head: Address | null,
    messages: readonly (TranscriptMessage | KeptMessage)[],
  ): Promise<{ readonly head: Address; readonly stored: readonly ArtifactRef[] }> {
    const stored: ArtifactRef[] = [];
    const addresses: Address[] = [];
    for (const message of messages) {
      if (!('role' in message)) {
        addresses.push(message.address);
        continue;
      }
      const ref = await this.#artifacts.put(sealJson(message));
      stored.push(ref);
      addresses.push(ref[ARTIFACT_TAG].address);
    }
    const page = await this.#artifacts.put({ before: head, messages: addresses });
    return { head: page[ARTIFACT_TAG].address, stored: [...stored, page] };
  }

  async read(head: Address): Promise<readonly KeptMessage[]> {
    const addresses: Address[] = [];
    for (let at: Address | null = head; at !== null;) {
      const page: Json = await this.#artifacts.get(at);
      if (!isPlainObject(page)) throw new KernelError('ArtifactChanged', `artifact ${at} is no page`);
      addresses.unshift(...(page['messages'] as readonly Address[]));
      at = page['before'] as Address | null;
    }
    return await Promise.all(addresses.map(async (address) => ({ address, ...(await this.#artifacts.read(address)) })));
  }
}
