/**
 * The project's central test: for one run, the log that the workflow reports, the log that the mirror wrote, and the log that
 * a replay of the history gives are equal, byte for byte.
 */
import { chainHash, decodeEvent, encodeEvent, sequencedEventText, type ChainedLog, type Json } from '../../src/kernel';
import type { RunHarness } from './run-harness';
import { LogReplay } from '../../src/mirror';
import type { ReplayedEntry } from '../../src/protocol';
import { executionsOf } from '../../src/runs/execution-chain';

export async function assertThreeLogsEqual(harness: RunHarness, runId: string): Promise<void> {
  const reported = (await harness.kernel.log(runId)).map(textOf);
  const report = await harness.mirror.mirror(runId);
  const again = await harness.mirror.mirror(runId);
  expect(again.added).toBe(0);
  const mirrored = (await harness.store.scanLog(runId, 1)).map(textOf);
  expect(mirrored).toEqual(reported);
  expect(report.head).toBe(reported.length);

  const run = await harness.store.loadRun(runId);
  const replayed = chained(await replayedEntries(harness, runId), run?.genesisHash ?? '');
  expect(replayed).toEqual(reported);

  const verdict = await harness.mirror.verify(runId);
  expect(verdict.problems).toEqual([]);
  expect(verdict).toMatchObject({ ok: true, head: reported.length, hash: report.hash });
}

/** One line of a log with all its hashes, as text. */
function textOf({ eventIndex, event, stateHash, hash }: ChainedLog): string {
  return `${sequencedEventText({ seq: eventIndex, event })} ${stateHash} ${hash}`;
}

/** What the workflow's code appends while Temporal replays the run's histories. */
async function replayedEntries(harness: RunHarness, runId: string): Promise<ReplayedEntry[]> {
  const replay = new LogReplay(await harness.replayWorker());
  const entries: ReplayedEntry[] = [];
  for (const executionId of await executionsOf(harness.client, runId)) {
    const { events } = await harness.client.workflow.getHandle(runId, executionId).fetchHistory();
    entries.push(...(await replay.entries(runId, events ?? [])));
  }
  return entries;
}

function chained(entries: readonly ReplayedEntry[], genesisHash: string): string[] {
  let hash = genesisHash;
  return entries.map(({ seq, event: wire, stateHash }) => {
    const event = decodeEvent(wire);
    expect(encodeEvent(event) as Json).toEqual(wire);
    hash = chainHash(hash, { seq, event }, stateHash);
    return `${sequencedEventText({ seq, event })} ${stateHash} ${hash}`;
  });
}
