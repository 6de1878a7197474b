/**
 * A process of its own that writes to an SQLite store, for the tests of several writers on one file.
 *
 * Arguments: the file, the writer's name, how many rounds. It opens the file at once (so that opening is concurrent too),
 * prints `ready`, and begins when a line comes in. In each round it appends a batch of three to the run `appended`,
 * adds one event to the run `counted` at a head that it has seen, and writes one step of the run `mirrored`; after a
 * HeadConflict it looks again.
 */
import { once } from 'node:events';
import { isKernelError } from '../../src/kernel/error';
import { chainEntry } from '../../src/kernel/execution-log';
import { sealOf } from '../../src/kernel/log-store';
import { SqliteStore } from '../../src/stores/sqlite-store';
import { numbered, runRecord, stateUpdated } from './log-step-fixture';

/** Longer than any test: a writer that waits in vain is a failure of the test's own timeout. */
const PATIENT_MS = 120_000;

async function untilNoConflict(attempt: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!isKernelError(error, 'HeadConflict')) throw error;
    }
  }
}

async function addMirrorStep(store: SqliteStore, name: string, round: number): Promise<void> {
  const run = runRecord('mirrored');
  const stored = await store.loadRun(run.runId);
  const head = stored?.head ?? 0;
  const last = head === 0 ? [] : await store.scanLog(run.runId, head, 1);
  const event = stateUpdated({ [name]: round });
  const sequenced = { seq: head + 1, event };
  const entry = chainEntry(run.runId, last[0]?.hash ?? run.genesisHash, sequenced, { n: head + 1 });
  const origin = { executionId: name, historyEventId: round, timeMs: run.startedAtMs };
  const seal = sealOf(last[0]?.seal ?? run.genesisHash, entry.hash, origin);
  await store.writeStep({
    run,
    expectedHead: head,
    entries: [{ ...entry, origin, seal }],
    snapshots: [{ runId: run.runId, atSeq: head + 1, state: { n: head + 1 } }],
    position: { at: head + 1 },
    expectedPosition: stored?.position ?? null,
  });
}

async function main(path: string, name: string, rounds: number): Promise<void> {
  const store = SqliteStore.open(path, { busyTimeoutMs: PATIENT_MS });
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  for (let round = 1; round <= rounds; round += 1) {
    await store.append('appended', numbered(`${name} ${round}`, 3));
    await untilNoConflict(async () => {
      const head = await store.head('counted');
      await store.append('counted', [stateUpdated({ [name]: round, head: head + 1 })], head);
    });
    await untilNoConflict(() => addMirrorStep(store, name, round));
  }
  await store.close();
  process.stdin.destroy();
}

main(process.argv[2] as string, process.argv[3] as string, Number(process.argv[4])).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
  process.stdin.destroy();
});
