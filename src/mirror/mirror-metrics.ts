/**
 * What a mirror service does, in numbers: a snapshot, and the same through Temporal's meter, so that it comes out where the worker's
 * own metrics do.
 */
import type { MetricMeter } from '@temporalio/common';
import type { WrittenStep } from './mirror';

/** A mirror service in numbers, since it was made. */
export interface MirrorMetrics {
  /** Looks that were made at runs. */
  readonly looks: number;
  /** Logs that were begun. */
  readonly runs: number;
  /** Logs that were brought to their run's end. */
  readonly closed: number;
  /** Entries that were written. */
  readonly entries: number;
  /** Looks that failed, for a reason that is the run's. */
  readonly failures: number;
  /** Runs that fail now. */
  readonly failing: number;
  /** Runs that were left alone: another tenant's, or ones that never began. */
  readonly skipped: number;
  /** Times that the server or the store did not answer. */
  readonly outages: number;
  /** Wake-ups that found the queue full: the next sweep makes them good. */
  readonly dropped: number;
  /** Sweeps that were finished. */
  readonly sweeps: number;
  /** Runs that wait to be looked at, or are. */
  readonly queue: number;
  /** The time between a history event and its being in the store, in milliseconds; null before the first entry. */
  readonly lagMs: { readonly last: number; readonly max: number } | null;
}

/** What is only counted up. */
type Counter = 'looks' | 'runs' | 'closed' | 'entries' | 'failures' | 'skipped' | 'outages' | 'dropped' | 'sweeps';

const COUNTERS: Readonly<Record<Counter, string>> = {
  looks: 'Looks that the mirror made at runs',
  runs: 'Logs that the mirror began',
  closed: "Logs that the mirror brought to their run's end",
  entries: 'Log entries that the mirror wrote',
  failures: "Looks that failed for a reason that is the run's",
  skipped: 'Runs that the mirror left alone',
  outages: 'Times that the server or the store did not answer the mirror',
  dropped: 'Wake-ups that found the queue full',
  sweeps: 'Sweeps that the mirror finished',
};

const PREFIX = 'temporal_kernel_mirror_';

interface Instruments {
  readonly counters: Readonly<Record<string, { add(value: number): void }>>;
  readonly lag: { record(value: number): void };
  readonly queue: { set(value: number): void };
  readonly failing: { set(value: number): void };
}

export class MirrorCounts {
  readonly #counts: Record<Counter, number> = {
    looks: 0,
    runs: 0,
    closed: 0,
    entries: 0,
    failures: 0,
    skipped: 0,
    outages: 0,
    dropped: 0,
    sweeps: 0,
  };
  readonly #instruments: Instruments | null;
  #lagMs: { readonly last: number; readonly max: number } | null = null;

  constructor(meter: MetricMeter | null) {
    this.#instruments = meter === null ? null : instrumentsOf(meter);
  }

  count(counter: Counter, by = 1): void {
    this.#counts[counter] += by;
    this.#instruments?.counters[counter]?.add(by);
  }

  /** A step is in the store. */
  written({ isFirst, entries, closed }: WrittenStep, nowMs: number): void {
    if (isFirst) this.count('runs');
    if (closed !== null) this.count('closed');
    if (entries.length > 0) this.count('entries', entries.length);
    for (const { origin } of entries) {
      // The server's clock may be ahead of ours.
      const last = Math.max(0, nowMs - origin.timeMs);
      this.#lagMs = { last, max: Math.max(last, this.#lagMs?.max ?? 0) };
      this.#instruments?.lag.record(last);
    }
  }

  /** What changes up and down, for whoever reads the meter. */
  gauge(queue: number, failing: number): void {
    this.#instruments?.queue.set(queue);
    this.#instruments?.failing.set(failing);
  }

  snapshot(queue: number, failing: number): MirrorMetrics {
    return { ...this.#counts, failing, queue, lagMs: this.#lagMs };
  }
}

function instrumentsOf(meter: MetricMeter): Instruments {
  const counters = Object.entries(COUNTERS).map(([name, description]) => {
    return [name, meter.createCounter(PREFIX + name, undefined, description)] as const;
  });
  return {
    counters: Object.fromEntries(counters),
    lag: meter.createHistogram(`${PREFIX}lag`, 'int', 'ms', 'Time between a history event and its being in the store'),
    queue: meter.createGauge(`${PREFIX}queue`, 'int', undefined, 'Runs that wait to be looked at, or are'),
    failing: meter.createGauge(`${PREFIX}failing`, 'int', undefined, 'Runs that can not be mirrored now'),
  };
}
