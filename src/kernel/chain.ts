/** A chain of hashes while it grows. */
import { chainEntry, type ChainedLog } from './execution-log';
import { hashOf, type Hash } from './hash';
import type { RunId } from './identity';
import type { Json } from './json';
import type { Entry } from './machine-input';

export class Chain {
  readonly #runId: RunId;
  #hash: Hash;
  /** The state that was hashed last. */
  #hashed: { readonly state: Json; readonly stateHash: Hash } | null = null;

  /** @param hash where the chain stands: the hash of the entry before, or the genesis hash */
  constructor(runId: RunId, hash: Hash) {
    this.#runId = runId;
    this.#hash = hash;
  }

  /** Where the chain stands. */
  get hash(): Hash {
    return this.#hash;
  }

  /** Adds the next link. */
  add(entry: Entry): ChainedLog {
    const { state } = entry;
    // Hashing freezes a state, so the same one has the same hash; an action's request, for one, rarely changes it.
    if (this.#hashed === null || this.#hashed.state !== state) this.#hashed = { state, stateHash: hashOf(state) };
    const chained = chainEntry(this.#runId, this.#hash, entry, this.#hashed.stateHash);
    this.#hash = chained.hash;
    return chained;
  }
}
