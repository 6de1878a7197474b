/**
 * The log that the real workflow code makes when Temporal replays a history.
 *
 * It knows nothing of the fold: the code comes from the workflows file, runs in Temporal's own sandbox, and tells each entry as it
 * appends it. What Temporal's replay itself checks (commands against history) is checked too.
 */
import { join } from 'node:path';
import type { BundleOptions, InjectedSinks, ReplayWorkerOptions } from '@temporalio/worker';
import type { RunId } from '../kernel';
import type { ReplayedEntry, ReplaySinks } from '../protocol';
import { sandboxed } from '../sandbox';
import { answeredPart } from './activation';
import type { HistoryEvent } from './history-event';

/** The interceptor module that makes a bundle tell its log. */
export const REPLAY_OBSERVER = join(__dirname, '../workflows/replay-observer');

/** What a replay runs. */
export interface LogReplayOptions extends Pick<BundleOptions, 'workflowsPath' | 'webpackConfigHook' | 'ignoreModules'> {
  /** The data converter that the histories were written with. Default: Temporal's. */
  readonly dataConverter?: ReplayWorkerOptions['dataConverter'];
}

/**
 * For a replay worker, whose options' type does not know it. Temporal replays in the calling thread unless it is told otherwise, and leaves its
 * hooks on every promise there: the process would pay for them until it ends.
 */
const IN_ITS_OWN_THREAD = { debugMode: false } as const;

/** Replays histories with the workflows of one file. */
export class LogReplay {
  readonly #worker: ReplayWorkerOptions;

  /** @param worker a replay worker whose bundle has `REPLAY_OBSERVER` among its interceptor modules */
  constructor(worker: ReplayWorkerOptions) {
    this.#worker = worker;
  }

  /** Bundles a workflows file. It takes seconds: keep what you get. */
  static async of({ dataConverter, ...options }: LogReplayOptions): Promise<LogReplay> {
    const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
    const workflowBundle = await bundleWorkflowCode({
      ...sandboxed(options),
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
   * Replays histories one after the other, with one worker: to start one takes longer than most histories. Each is replayed as far as
   * the workflow has answered it. (Temporal would also replay a task that nobody has answered yet, or that was under way when the
   * run was terminated: what comes of that is in no history.)
   */
  async *replays(histories: AsyncIterable<ExecutionHistory>): AsyncGenerator<Replayed> {
    let current = { history: { events: [] as HistoryEvent[] }, workflowId: '' };
    let entries: ReplayedEntry[] = [];
    // A worker asks for the next history only when it is asked for the next result.
    const handedOn = async function* (): AsyncGenerator<typeof current> {
      for (;;) yield await Promise.resolve(current);
    };
    const note = (entry: ReplayedEntry): void => {
      entries.push(entry);
    };
    // Loaded here: who only mirrors, or reads a store, needs no worker.
    const { Worker } = await import('@temporalio/worker');
    const worker = { ...IN_ITS_OWN_THREAD, ...this.#worker, sinks: sinksThat(note) };
    const results = Worker.runReplayHistories(worker, handedOn());
    try {
      for await (const { runId, events } of histories) {
        entries = [];
        const answered = answeredPart(events);
        current = { history: { events: [...answered] }, workflowId: runId };
        const result = answered.length === 0 ? null : await results.next();
        yield { entries, error: result?.done === true ? 'the replay ended' : (result?.value.error ?? null) };
      }
    } finally {
      await results.return?.();
    }
  }
}

/** The history of one execution of a run. */
export interface ExecutionHistory {
  /** The workflow id: the replayed code is told it. */
  readonly runId: RunId;
  readonly events: readonly HistoryEvent[];
}

/** What a replay of a history came to. */
export interface Replayed {
  /** The entries that the code appended. */
  readonly entries: readonly ReplayedEntry[];
  /** What Temporal's replay says when code and history do not go together; null otherwise. */
  readonly error: unknown;
}

function sinksThat(note: (entry: ReplayedEntry) => void): InjectedSinks<ReplaySinks> {
  const fn = (_info: unknown, entry: ReplayedEntry): void => {
    note(entry);
  };
  return { replayedLog: { appended: { fn, callDuringReplay: true } } };
}
