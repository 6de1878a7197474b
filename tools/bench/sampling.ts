/**
 * How a piece of work is timed so that the figure is the same the next time.
 *
 * Guarantees: the work is warm before it is timed; the garbage of whatever ran before is collected first, so that nobody pays for
 * another's; a sample is a median.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What is timed. */
export interface Work {
  /** Makes what one run needs; it is not timed. */
  readonly prepare?: () => void;
  /** Does the work once. */
  readonly run: () => Promise<void>;
}

/** A compiler that optimises while it runs needs so much of a thing to know it. */
const WARM_UP_MS = 300;

/** Short work needs less: it is known after so many runs. */
const WARM_UP_RUNS_MAX = 200;

/** A full collection takes compiled code along with the objects that it was made for, so every sample begins with so much untimed. */
const WARM_AGAIN_MS = 100;

/** One sample is the median of so many runs, and of more when they are short. */
const RUNS_MIN = 3;
const RUNS_MAX = 51;
const SAMPLE_MS = 60;

/** Runs the work until it is as fast as it gets: once at least. */
export async function warmUp(work: Work, forMs = WARM_UP_MS): Promise<void> {
  const startedMs = performance.now();
  for (let runs = 0; runs < WARM_UP_RUNS_MAX; runs += 1) {
    await runMs(work);
    if (performance.now() - startedMs >= forMs) return;
  }
}

/** Milliseconds that the work takes: the median of a few runs. */
export async function sampleMs(work: Work): Promise<number> {
  collectGarbage();
  await warmUp(work, WARM_AGAIN_MS);
  const runs: number[] = [];
  const startedMs = performance.now();
  while (runs.length < RUNS_MIN || (runs.length < RUNS_MAX && performance.now() - startedMs < SAMPLE_MS)) {
    runs.push(await runMs(work));
  }
  return median(runs);
}

async function runMs({ prepare, run }: Work): Promise<number> {
  prepare?.();
  const startedMs = performance.now();
  await run();
  return performance.now() - startedMs;
}

/** The middle one; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >>> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError('no values, no median');
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

let gc: (() => void) | null = null;

/** Collects all garbage of this thread. */
export function collectGarbage(): void {
  if (gc === null) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
  }
  gc();
}
