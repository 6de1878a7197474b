/** What a burst may take at most, so that messages and cancels, which are heard behind it, are heard soon. */
import { KernelError, type Collected, type Stretch } from '../kernel';

/** What a burst may take. Whatever is reached first ends it, and the next one goes on. */
export interface BurstLimits {
  /** The most calls. */
  readonly calls: number;
  /** No call begins behind results with more bytes of JSON than this: all of them are sent again with each acknowledgement. */
  readonly bytes: number;
  /** No call begins later than so many milliseconds after an attempt of a burst did. */
  readonly ms: number;
}

/** What a burst may take where nobody says otherwise. */
export const BURST_LIMITS: BurstLimits = { calls: 200, bytes: 64_000, ms: 1_000 };

/** A burst that is much later is taken to be lost (`burst-runner.ts`), and what it gives must fit into a payload. */
const LIMITS_MAX: BurstLimits = { calls: 1_000, bytes: 500_000, ms: 4_000 };

/**
 * The limits that somebody gives, and the others as ever.
 *
 * @throws KernelError `InvalidWorkerOptions`
 */
export function burstLimits(given: Partial<BurstLimits> = {}): BurstLimits {
  for (const [name, limit] of Object.entries(given)) {
    if (!Object.hasOwn(LIMITS_MAX, name)) {
      const names = Object.keys(LIMITS_MAX).join(', ');
      throw new KernelError('InvalidWorkerOptions', `bursts.${name}: there is no such limit; there are ${names}`);
    }
    const max = LIMITS_MAX[name as keyof BurstLimits];
    if (Number.isSafeInteger(limit) && limit >= 1 && limit <= max) continue;
    throw new KernelError(
      'InvalidWorkerOptions',
      `bursts.${name} is ${limit}: it must be a whole number from 1 to ${max}`,
    );
  }
  return { ...BURST_LIMITS, ...given };
}

export class BurstBounds {
  readonly #limits: BurstLimits;
  readonly #endsAtMs: number;
  #bytes = 0;

  constructor(limits: BurstLimits) {
    this.#limits = limits;
    this.#endsAtMs = performance.now() + limits.ms;
  }

  add(results: readonly Collected[]): void {
    this.#bytes += Buffer.byteLength(JSON.stringify(results));
  }

  /** Whether the next call is for another burst. The first call of a burst never is. */
  isOver({ results }: Stretch): boolean {
    if (results.length === 0) return false;
    return results.length >= this.#limits.calls || this.#bytes > this.#limits.bytes || !this.hasTimeFor(0);
  }

  /** Whether a call may still begin in so many milliseconds. */
  hasTimeFor(waitMs: number): boolean {
    return performance.now() + waitMs < this.#endsAtMs;
  }
}
