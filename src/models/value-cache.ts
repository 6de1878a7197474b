/**
 * The values of artifacts that were read or stored not long ago: so that a worker which makes the next call of a conversation reads
 * nothing of it again.
 *
 * Guarantees: it never has more bytes than it may; what was used last stays longest. A value can't become another one under its address, so
 * nothing in it is ever out of date. It knows no tenants: one cache is for one store.
 */
import type { KeptValue } from '../artifacts';
import type { Address } from '../kernel';

/** How many bytes of JSON a cache has at most, unless told otherwise. */
export const CACHE_BYTES_MAX = 64 * 1024 * 1024;

/** What an entry costs beside its JSON, in bytes: about what its key and its places in memory take. */
export const CACHE_ENTRY_BYTES = 200;

interface Entry {
  readonly kept: KeptValue;
  readonly bytes: number;
}

export class ValueCache {
  readonly #bytesMax: number;
  /** In the order of their last use. */
  readonly #entries = new Map<Address, Entry>();
  #bytes = 0;

  /** @param bytesMax 0 for a cache that keeps nothing */
  constructor(bytesMax: number = CACHE_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** What it has now, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get(address: Address): KeptValue | null {
    const entry = this.#entries.get(address);
    if (entry === undefined) return null;
    this.#entries.delete(address);
    this.#entries.set(address, entry);
    return entry.kept;
  }

  /** @param jsonBytes the length of the value's JSON */
  set(address: Address, kept: KeptValue, jsonBytes: number): void {
    this.#forget(address);
    const bytes = jsonBytes + CACHE_ENTRY_BYTES;
    // One value must not drive out all others only to be driven out itself.
    if (bytes > this.#bytesMax) return;
    this.#entries.set(address, { kept, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#forget(oldest);
    }
  }

  #forget(address: Address): void {
    const entry = this.#entries.get(address);
    if (entry === undefined) return;
    this.#entries.delete(address);
    this.#bytes -= entry.bytes;
  }
}
