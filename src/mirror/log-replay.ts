/**
 * The log that the real workflow code makes when Temporal replays a history.
 *
 * It knows nothing of the fold: the code comes from the workflows file, runs in Temporal's own sandbox, and tells each entry as it
 * appends it. What Temporal's replay itself checks (commands against history) is checked too.
 */
import { join } from 'node:path';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type BundleOptions,
  type InjectedSinks,
  type ReplayWorkerOptions,
} from '@temporalio/worker';
import type { RunId } from '../kernel';
import type { ReplayedEntry, ReplaySinks } from '../protocol';
import { withoutHostModules } from '../sandbox-bundle';
import type { HistoryEvent } from './history-event';

/** The interceptor module that makes a bundle tell its log. */
export const REPLAY_OBSERVER = join(__dirname, '../workflows/replay-observer');

/** What a replay runs. */
export interface LogReplayOptions extends Pick<BundleOptions, 'workflowsPath' | 'webpackConfigHook' | 'ignoreModules'> {
  /** The data converter that the histories were written with. Default: Temporal's. */
  readonly dataConverter?: ReplayWorkerOptions['dataConverter'];
}

/** Replays histories with the workflows of one file. */
export class LogReplay {
  readonly #worker: ReplayWorkerOptions;

  /** @param worker a replay worker whose bundle has `REPLAY_OBSERVER` among its interceptor modules */
  constructor(worker: ReplayWorkerOptions) {
    this.#worker = worker;
  }

  /** Bundles a workflows file. It takes seconds: keep what you get. */
  static async of({ dataConverter, ...options }: LogReplayOptions): Promise<LogReplay> {
    const workflowBundle = await bundleWorkflowCode({
      ...withoutHostModules(options),
      workflowInterceptorModules: [REPLAY_OBSERVER],
      ...(dataConverter?.payloadConverterPath === undefined
        ? {}
        : { payloadConverterPath: dataConverter.payloadConverterPath }),
      ...(dataConverter?.failureConverterPath === undefined
        ? {}
        : { failureConverterPath: dataConverter.failureConverterPath }),
      logger: new DefaultLogger('WARN'),
    });
    return new LogReplay({ workflowBundle, ...(dataConverter === undefined ? {} : { dataConverter }) });
  }

  /**
   * Replays the history of one execution.
   *
   * @throws what Temporal's replay throws when code and history do not go together
   */
  async entries(runId: RunId, events: readonly HistoryEvent[]): Promise<readonly ReplayedEntry[]> {
    const entries: ReplayedEntry[] = [];
    const sinks: InjectedSinks<ReplaySinks> = {
      replayedLog: {
        appended: {
          fn: (_info, entry) => {
            entries.push(entry);
          },
          callDuringReplay: true,
        },
      },
    };
    await Worker.runReplayHistory({ ...this.#worker, sinks }, { events: [...events] }, runId);
    return entries;
  }
}
