/** What a burst may take at most, so that messages and cancels, which are heard behind it, are heard soon. */
import type { Collected, Stretch } from '../kernel';

/** No call begins later than so many milliseconds after an attempt of a burst did. */
const BURST_MS = 1_000;

/** The most calls of a burst. */
const BURST_CALLS_MAX = 200;

/** No call begins behind results with more bytes than this: all of them are sent again with each acknowledgement. */
const BURST_BYTES_MAX = 64_000;

export class BurstBounds {
  readonly #endsAtMs = performance.now() + BURST_MS;
  #bytes = 0;

  add(results: readonly Collected[]): void {
    this.#bytes += Buffer.byteLength(JSON.stringify(results));
  }

  /** Whether the next call is for another burst. The first call of a burst never is. */
  isOver({ results }: Stretch): boolean {
    if (results.length === 0) return false;
    return results.length >= BURST_CALLS_MAX || this.#bytes > BURST_BYTES_MAX || !this.hasTimeFor(0);
  }

  /** Whether a call may still begin in so many milliseconds. */
  hasTimeFor(waitMs: number): boolean {
    return performance.now() + waitMs < this.#endsAtMs;
  }
}
