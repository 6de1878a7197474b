/** What a mirror service is made of, and whom it tells what. */
import type { Client } from '@temporalio/client';
import type { MetricMeter } from '@temporalio/common';
import type { DefinedProgram, LogStore } from '../kernel';
import type { MirrorReport } from './mirror';
import type { MirrorFailure } from './mirror-failures';

/** What a mirror service is made of. */
export interface MirrorServiceOptions {
  /** The server, namespace and data converter. */
  readonly client: Client;
  /** The programs whose runs are mirrored, and of each the versions that have runs. */
  readonly programs: readonly DefinedProgram[];
  /** Opened for one tenant: other tenants' runs are left alone. */
  readonly store: LogStore;
  /** How often visibility is asked what runs, and what was closed. In milliseconds, default `SWEEP_INTERVAL_MS`. */
  readonly sweepIntervalMs?: number;
  /** Runs that are looked at at once. Default 4. */
  readonly concurrency?: number;
  /** Runs that may wait to be looked at. Default 10,000. */
  readonly queueMax?: number;
  /** Where the counts and the lag go too, e.g. `Runtime.instance().metricMeter`. */
  readonly meter?: MetricMeter;
  /** Told of every look that brought something, or found a run's end. */
  readonly onReport?: (report: MirrorReport) => void;
  /** Told of a run that can't be mirrored, once for each reason. */
  readonly onFailure?: (failure: MirrorFailure) => void;
  /** Told when the server or the store stops answering. The service goes on by itself. */
  readonly onOutage?: (outage: { readonly reason: string }) => void;
}
