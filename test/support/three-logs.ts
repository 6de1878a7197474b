/**
 * The project's central test: for one run, the log that the workflow reports, the log that the mirror wrote, and the log that
 * a replay of the history gives are equal, byte for byte.
 *
 * It is made with `node:assert`, because it is made outside of jest too; and with one replaying worker for many runs, because to
 * start one takes longer than to replay a run.
 */
import assert from 'node:assert/strict';
import {
  canonicalJson,
  chainHash,
  decodeEvent,
  encodeEvent,
  sequencedEventText,
  type ChainedLog,
} from '../../src/kernel';
import type { RunHarness } from './run-harness';
import { LogReplay, type ExecutionHistory, type Replayed } from '../../src/mirror';
import type { ReplayedEntry } from '../../src/protocol';
import { executionsOf } from '../../src/runs/execution-chain';

/** Makes the check, on one run after the other. */
export class ThreeLogs {
  readonly #harness: RunHarness;
  readonly #replays: AsyncGenerator<Replayed>;
  #next: ExecutionHistory = { runId: '', events: [] };

  private constructor(harness: RunHarness, replay: LogReplay) {
    this.#harness = harness;
    this.#replays = replay.replays(this.#histories());
  }

  static async of(harness: RunHarness): Promise<ThreeLogs> {
    return new ThreeLogs(harness, new LogReplay(await harness.replayWorker()));
  }

  /** @throws AssertionError */
  async assertEqual(runId: string): Promise<void> {
    const { kernel, mirror, store } = this.#harness;
    const told = (await kernel.log(runId)).map(textOf);
    const report = await mirror.mirror(runId);
    const again = await mirror.mirror(runId);
    assert.equal(again.added, 0, 'a mirror that looks again adds nothing');
    const mirrored = (await store.scanLog(runId, 1)).map(textOf);
    // Whoever asks a run that was terminated during a workflow task may be told what that task came to. No history has it.
    const wasStopped = report.closed === 'terminated' || report.closed === 'timedOut';
    const reported = wasStopped ? told.slice(0, mirrored.length) : told;
    assert.deepEqual(mirrored, reported, 'the mirrored log is the one that the workflow reports');
    assert.equal(report.head, reported.length);

    const run = await store.loadRun(runId);
    const replayed = chained(await this.#replayedEntries(runId), run?.genesisHash ?? '');
    assert.deepEqual(replayed, reported, 'the replayed log is the one that the workflow reports');

    const { ok, head, hash, problems } = await mirror.verify(runId);
    assert.deepEqual(
      { ok, head, hash, problems },
      { ok: true, head: reported.length, hash: report.hash, problems: [] },
      'the mirrored log verifies against the history',
    );
  }

  /** Stops the worker. */
  async close(): Promise<void> {
    await this.#replays.return(undefined);
  }

  /** What the workflow's code appends while Temporal replays the run's histories. */
  async #replayedEntries(runId: string): Promise<readonly ReplayedEntry[]> {
    const { client } = this.#harness;
    const all: ReplayedEntry[] = [];
    for (const executionId of await executionsOf(client, runId)) {
      const { events } = await client.workflow.getHandle(runId, executionId).fetchHistory();
      this.#next = { runId, events: events ?? [] };
      const { entries, error } = (await this.#replays.next()).value as Replayed;
      assert.equal(error, null, 'Temporal replays the history');
      all.push(...entries);
    }
    return all;
  }

  /** The replay asks for a history whenever it is asked for a result. */
  async *#histories(): AsyncGenerator<ExecutionHistory> {
    for (;;) yield await Promise.resolve(this.#next);
  }
}

/** One line of a log with all its hashes, as text. */
function textOf({ eventIndex, event, stateHash, hash }: ChainedLog): string {
  return `${sequencedEventText({ seq: eventIndex, event })} ${stateHash} ${hash}`;
}

function chained(entries: readonly ReplayedEntry[], genesisHash: string): string[] {
  let hash = genesisHash;
  return entries.map(({ seq, event: wire, stateHash }) => {
    const event = decodeEvent(wire);
    assert.equal(canonicalJson(encodeEvent(event)), canonicalJson(wire));
    hash = chainHash(hash, { seq, event }, stateHash);
    return `${sequencedEventText({ seq, event })} ${stateHash} ${hash}`;
  });
}
