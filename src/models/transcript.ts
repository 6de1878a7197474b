/** The messages of a conversation as artifacts: pages that name the page before, so that what was said is stored once. */
import { ARTIFACT_TAG, isPlainObject, KernelError, type Address, type ArtifactRef, type Json } from '../kernel';
import type { JsonArtifacts } from '../artifacts';

export class Transcripts {
  readonly #artifacts: JsonArtifacts;

  constructor(artifacts: JsonArtifacts) {
    this.#artifacts = artifacts;
  }

  async append(
    head: Address | null,
    messages: readonly Json[],
  ): Promise<{ readonly head: Address; readonly stored: readonly ArtifactRef[] }> {
    const bodies = await Promise.all(messages.map((message) => this.#artifacts.put(message)));
    const page = await this.#artifacts.put({ before: head, messages: bodies.map((ref) => ref[ARTIFACT_TAG].address) });
    return { head: page[ARTIFACT_TAG].address, stored: [...bodies, page] };
  }

  async read(head: Address): Promise<readonly { readonly value: Json; readonly isSecret: boolean }[]> {
    const addresses: Address[] = [];
    for (let at: Address | null = head; at !== null;) {
      const page: Json = await this.#artifacts.get(at);
      if (!isPlainObject(page)) throw new KernelError('ArtifactChanged', `artifact ${at} is no page`);
      addresses.unshift(...(page['messages'] as readonly Address[]));
      at = page['before'] as Address | null;
    }
    return await Promise.all(addresses.map((address) => this.#artifacts.read(address)));
  }
}
