/**
 * A long march: one run over many executions, on a server that finds sixty events a long history, with signals arriving all the
 * while. What it asserts, it asserts with `node:assert`, because it is made outside of jest too.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { verifyStoredChain, type StoredLog } from '../../src/kernel';
import { executionsOf } from '../../src/runs/execution-chain';
import { startDevServer } from '../../tools/server';
import { quietRuntime, RunHarness } from '../support/run-harness';
import { ThreeLogs } from '../support/three-logs';
import { pilgrim } from '../support/pilgrim';

/** A history of so many events is a long one. */
const SUGGESTED_EVENTS = 60;

/** Milestones that are sent before the run has asked for them: more would tell nothing new, and a run's inbox has a limit. */
const AHEAD_MAX = 20;

/** How often the mirror looks, while the run goes on. */
const LOOK_EVERY_MS = 100;

/** What came of a march. */
export interface March {
  readonly boundaries: number;
  readonly entries: number;
  readonly milestones: number;
  readonly greetings: number;
  readonly seconds: number;
}

/** Told now and then how many boundaries were crossed so far. */
type Progress = (boundaries: number) => void;

/** Starts a server, lets a run cross at least so many boundaries, and checks what is left of it. */
export async function march(boundaries: number, progress: Progress = () => undefined): Promise<March> {
  quietRuntime();
  const server = await startDevServer({
    ownServer: true,
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': SUGGESTED_EVENTS },
  });
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  const close = async (): Promise<void> => {
    await native.close();
    await connection.close();
    await server.stop();
  };
  const harness = await RunHarness.open({ connections: { client: new Client({ connection }), native, close } });
  try {
    await harness.startWorker();
    return await marchOn(harness, boundaries, progress);
  } finally {
    await harness.close();
  }
}

async function marchOn(harness: RunHarness, boundaries: number, progress: Progress): Promise<March> {
  const startedMs = Date.now();
  const { runId } = await harness.kernel.start(pilgrim, { initialState: {} });
  const seen = new Seen(harness, runId);
  const sent = { milestones: 0, greetings: 0 };
  while (seen.executions.size <= boundaries) {
    await pause(LOOK_EVERY_MS);
    await seen.look();
    progress(seen.executions.size - 1);
    while (sent.milestones < seen.milestones + AHEAD_MAX) await sendOne(harness, runId, sent, false);
  }
  await sendOne(harness, runId, sent, true);
  assert.deepEqual(await harness.kernel.runUntilBlocked(runId), { status: 'completed' });
  await seen.look();
  const seconds = (Date.now() - startedMs) / 1_000;
  await assertWhole(harness, runId, sent);
  return { boundaries: seen.executions.size - 1, entries: seen.head, ...sent, seconds };
}

/** A greeting, which the run takes wherever it is, and the milestone that it waits for or will wait for. */
async function sendOne(
  { client, kernel }: RunHarness,
  runId: string,
  sent: { milestones: number; greetings: number },
  last: boolean,
): Promise<void> {
  sent.greetings += 1;
  await client.workflow.getHandle(runId).signal('resume', sent.greetings);
  sent.milestones += 1;
  await kernel.signal(runId, 'milestone', { number: sent.milestones, last });
}

/** What the mirror has seen of the run so far. */
class Seen {
  readonly executions = new Set<string>();
  milestones = 0;
  head = 0;
  readonly #harness: RunHarness;
  readonly #runId: string;

  constructor(harness: RunHarness, runId: string) {
    this.#harness = harness;
    this.#runId = runId;
  }

  async look(): Promise<void> {
    await this.#harness.mirror.mirror(this.#runId);
    const added = await this.#harness.store.scanLog(this.#runId, this.head + 1);
    for (const { origin } of added) this.executions.add(origin.executionId);
    this.milestones += milestonesIn(added).length;
    this.head += added.length;
  }
}

/** One chain of executions, one log without a gap, and every signal in it once and in its order. */
async function assertWhole(
  harness: RunHarness,
  runId: string,
  sent: { readonly milestones: number; readonly greetings: number },
): Promise<void> {
  const log = await harness.store.scanLog(runId, 1);
  assert.deepEqual(
    log.map(({ eventIndex }) => eventIndex),
    log.map((_, index) => index + 1),
  );
  assert.deepEqual(
    milestonesIn(log),
    Array.from({ length: sent.milestones }, (_, index) => index + 1),
  );
  assert.deepEqual(
    log.flatMap(({ event }) => (event.type === 'Resumed' ? [event.value] : [])),
    Array.from({ length: sent.greetings }, (_, index) => index + 1),
  );
  const chain = await executionsOf(harness.client, runId);
  assert.deepEqual([...new Set(log.map(({ origin }) => origin.executionId))], chain);
  assert.equal((await verifyStoredChain(harness.store, runId)).ok, true);
  const threeLogs = await ThreeLogs.of(harness);
  try {
    await threeLogs.assertEqual(runId);
  } finally {
    await threeLogs.close();
  }
}

function milestonesIn(log: readonly StoredLog[]): readonly unknown[] {
  return log.flatMap(({ event }) => {
    if (event.type !== 'ActionSucceeded' || typeof event.output === 'number') return [];
    return [(event.output as { readonly number: unknown }).number];
  });
}

/** What came of a march, in a line. */
export function marchText({ boundaries, entries, milestones, greetings, seconds }: March): string {
  return (
    `one run over ${boundaries} boundaries in ${seconds.toFixed(1)} s: ${entries} entries in one chain, ` +
    `${milestones} signals waited for and ${greetings} resumes, each once and in order`
  );
}
