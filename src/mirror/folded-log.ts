/** The log that a fold makes: entries in a chain, sealed with where they come from, and snapshots. */
import { Chain, sealOf, type Entry, type Hash, type Origin, type RunId } from '../kernel';
import { SNAPSHOT_EVERY_EVENTS, type FoldOutput } from './fold-parts';

export class FoldedLog {
  readonly #logId: RunId;
  readonly #output: FoldOutput;
  readonly #chain: Chain;
  #seal: Hash;

  /** @param stands where the chain and the seal stand */
  constructor(logId: RunId, stands: { readonly hash: Hash; readonly seal: Hash }, output: FoldOutput) {
    this.#logId = logId;
    this.#chain = new Chain(logId, stands.hash);
    this.#seal = stands.seal;
    this.#output = output;
  }

  get hash(): Hash {
    return this.#chain.hash;
  }

  get seal(): Hash {
    return this.#seal;
  }

  give(entry: Entry, origin: Origin): void {
    const runId = this.#logId;
    const chained = this.#chain.add(entry);
    this.#seal = sealOf(this.#seal, chained.hash, origin);
    this.#output.entry({ ...chained, origin, seal: this.#seal });
    const { type } = entry.event;
    if (entry.seq % SNAPSHOT_EVERY_EVENTS === 0 || type === 'Interrupted' || type === 'Completed') {
      this.#output.snapshot({ runId, atSeq: entry.seq, state: entry.state });
    }
  }
}
