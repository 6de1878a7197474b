/** The log that a fold makes: entries in a chain, sealed with where they come from, and snapshots. */
import { chainEntry, sealOf, type Entry, type Hash, type Origin, type RunId } from '../kernel';
import { SNAPSHOT_EVERY_EVENTS, type FoldOutput } from './fold-parts';

export class FoldedLog {
  readonly #logId: RunId;
  readonly #output: FoldOutput;
  #hash: Hash;
  #seal: Hash;

  /** @param stands where the chain and the seal stand */
  constructor(logId: RunId, stands: { readonly hash: Hash; readonly seal: Hash }, output: FoldOutput) {
    this.#logId = logId;
    this.#hash = stands.hash;
    this.#seal = stands.seal;
    this.#output = output;
  }

  get hash(): Hash {
    return this.#hash;
  }

  get seal(): Hash {
    return this.#seal;
  }

  give(entry: Entry, origin: Origin): void {
    const runId = this.#logId;
    const chained = chainEntry(runId, this.#hash, entry, entry.state);
    this.#hash = chained.hash;
    this.#seal = sealOf(this.#seal, chained.hash, origin);
    this.#output.entry({ ...chained, origin, seal: this.#seal });
    const { type } = entry.event;
    if (entry.seq % SNAPSHOT_EVERY_EVENTS === 0 || type === 'Interrupted' || type === 'Completed') {
      this.#output.snapshot({ runId, atSeq: entry.seq, state: entry.state });
    }
  }
}
