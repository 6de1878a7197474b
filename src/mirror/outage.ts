/** Whether a look failed because something outside is not there now: then the run is not to blame, and waiting helps. */
import { isKernelError, messageOf, type KernelErrorCode } from '../kernel';

/** What a store, or the storage of payloads, says when it does not answer as it should. */
const OUTAGE_CODES: readonly KernelErrorCode[] = [
  'EventStore',
  'SnapshotStore',
  'StoreBusy',
  'OutcomeUnknown',
  'PayloadUnavailable',
];

/** gRPC's codes from 1 to 16, but for what is wrong with the request itself: INVALID_ARGUMENT, NOT_FOUND, OUT_OF_RANGE. */
const REQUEST_CODES: ReadonlySet<number> = new Set([3, 5, 11]);

export function isOutage(error: unknown): boolean {
  if (isKernelError(error)) return OUTAGE_CODES.includes(error.code);
  return grpcCodeOf(error) !== null;
}

/** Temporal's client wraps what gRPC says. */
function grpcCodeOf(error: unknown): number | null {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 4; depth += 1) {
    const code = 'code' in at ? at.code : undefined;
    if (typeof code === 'number' && code >= 1 && code <= 16) return REQUEST_CODES.has(code) ? null : code;
    at = 'cause' in at ? at.cause : null;
  }
  return null;
}

/** The first pause, and the longest, in milliseconds. */
const PAUSE_MS = 500;
const PAUSE_MS_MAX = 30_000;

/** An outage: how long it lasts, and how long to wait before the next try. */
export class Outage {
  #failures = 0;
  #untilMs = 0;
  #count = 0;

  /** Outages since the start. */
  get count(): number {
    return this.#count;
  }

  get isOn(): boolean {
    return this.#failures > 0;
  }

  /** How long nothing is to be tried, in milliseconds. */
  remainingMs(nowMs: number): number {
    return Math.max(0, this.#untilMs - nowMs);
  }

  /** Something failed. Gives what to tell when an outage begins with it; null while one is on. */
  failed(error: unknown, nowMs: number): { readonly reason: string } | null {
    // Several that were under way together fail together: that is one failure.
    if (this.remainingMs(nowMs) > 0) return null;
    this.#failures += 1;
    this.#untilMs = nowMs + Math.min(PAUSE_MS * 2 ** (this.#failures - 1), PAUSE_MS_MAX);
    if (this.#failures > 1) return null;
    this.#count += 1;
    return { reason: messageOf(error) };
  }

  /** Something worked. */
  over(): void {
    this.#failures = 0;
    this.#untilMs = 0;
  }
}
