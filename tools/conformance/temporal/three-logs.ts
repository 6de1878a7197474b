/**
 * The project's central check, on played runs: the log that the workflow reports, the log that the mirror wrote, and the log that
 * a replay of the history gives are equal, byte for byte.
 */
import { Worker, type InjectedSinks } from '@temporalio/worker';
import type { KernelClient } from '../../../src/client';
import type { Event } from '../../../src/kernel/event';
import { decodeEvent, sequencedEventText } from '../../../src/kernel/event-wire';
import type { Hash } from '../../../src/kernel/hash';
import type { RunId, Seq } from '../../../src/kernel/identity';
import type { ReplaySinks } from '../../../src/protocol';
import { executionsOf } from '../../../src/runs/execution-chain';
import { differencesOf, type Difference } from '../difference';
import type { PlayedRun } from './play-on-temporal';
import type { Stage } from './stage';

type Runs = ReadonlyMap<RunId, PlayedRun>;

/** Where the workflows' own logs, or a second fold of their histories, are not what the mirrors wrote. */
export async function reportedDifferences(client: KernelClient, runs: Runs): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (const [runId, run] of runs) {
    const problems = await run.mirror.problems();
    differences.push(...differing(`verification of ${runId}`, [], problems));
    if (!(await canBeAsked(runId, run))) continue;
    const reported = await client.log(runId);
    differences.push(
      ...differing(`the workflow's log of ${runId}`, await mirroredLines(runId, run), reported.map(lineOf)),
    );
  }
  return differences;
}

/** Where what the workflows append while their histories are replayed is not what the mirrors wrote. */
export async function replayedDifferences(
  stage: Stage,
  runs: Runs,
): Promise<ReadonlyMap<PlayedRun, readonly Difference[]>> {
  const replayed = new Map<RunId, string[]>();
  const failures = new Map<RunId, string>();
  const sinks: InjectedSinks<ReplaySinks> = {
    replayedLog: {
      appended: {
        callDuringReplay: true,
        fn: ({ workflowId }, { seq, event, stateHash }) => {
          const lines = replayed.get(workflowId) ?? [];
          lines.push(lineOf({ eventIndex: seq, event: decodeEvent(event), stateHash }));
          replayed.set(workflowId, lines);
        },
      },
    },
  };
  // In debug mode, which is the default, Temporal would replay in this thread, and leave its hooks on every promise there.
  const worker = { workflowBundle: stage.bundle, sinks, debugMode: false };
  const results = Worker.runReplayHistories(worker, historiesOf(stage, runs));
  for await (const { workflowId, error } of results) {
    if (error !== undefined) failures.set(workflowId, error.message);
  }
  const differences = new Map<PlayedRun, readonly Difference[]>();
  for (const [runId, run] of runs) {
    if (!(await canBeAsked(runId, run))) continue;
    const failed = failures.get(runId);
    const lines = failed === undefined ? (replayed.get(runId) ?? []) : [failed];
    differences.set(run, differing(`the replay of ${runId}`, await mirroredLines(runId, run), lines));
  }
  return differences;
}

async function* historiesOf(stage: Stage, runs: Runs): AsyncGenerator<{ workflowId: string; history: unknown }> {
  for (const [runId, run] of runs) {
    if (!(await canBeAsked(runId, run))) continue;
    for (const executionId of await executionsOf(stage.client, runId)) {
      const history = await stage.client.workflow.getHandle(runId, executionId).fetchHistory();
      yield { workflowId: runId, history };
    }
  }
}

/** A run that was never started has no log, and one whose program is broken can't say it. */
async function canBeAsked(runId: RunId, { mirror, broken }: PlayedRun): Promise<boolean> {
  return !broken && (await mirror.store.loadRun(runId)) !== null;
}

async function mirroredLines(runId: RunId, { mirror }: PlayedRun): Promise<readonly string[]> {
  return (await mirror.store.scanLog(runId, 1)).map(lineOf);
}

/** An entry as text, without its chain hash: that follows from all that stands here. */
function lineOf(entry: { readonly eventIndex: Seq; readonly event: Event; readonly stateHash: Hash | null }): string {
  return `${sequencedEventText({ seq: entry.eventIndex, event: entry.event })} ${entry.stateHash}`;
}

/** The mirror's log stands where the reference's would. */
function differing(place: string, mirrored: readonly string[], other: readonly string[]): readonly Difference[] {
  return differencesOf({ event_log_text: mirrored }, { event_log_text: other }).map((difference) => ({
    ...difference,
    place: `${place}: ${difference.place}`,
  }));
}
