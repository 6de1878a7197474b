/**
 * Kills workers in the middle of bursts. Each call leaves a line in a file when it begins; in these files is then looked for calls that
 * were done again though the server had acknowledged their result. What each run comes to is compared with what its program comes to in this
 * process, where nobody disturbs it. What it asserts, it asserts with `node:assert`, because it is made outside of jest too.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { Chain, genesisHash, Machine, pendingActionsOf, sequencedEventText, type ChainedLog } from '../../src/kernel';
import { readBurstJournal } from '../../src/protocol';
import { quietRuntime, RunHarness } from '../support/run-harness';
import { ThreeLogs } from '../support/three-logs';
import { beginningsOf, clockwork, CLOCKWORK_ENV, givenAt, type Beginning } from './clockwork';
import { Fleet, workerFiles } from './fleet';
import { MortalServer } from './mortal-server';
import { persistently } from './persistently';

/** How many workers are killed, and under how many runs at once. */
export interface BurstDose {
  readonly seed: number;
  readonly atOnce: number;
  readonly kills: number;
}

/** What came of it. */
export interface BurstsKilled {
  readonly runs: number;
  readonly calls: number;
  /** Calls that were done again, because their worker was lost before their result was acknowledged. */
  readonly repeated: number;
  /** Results that were seen to be acknowledged while their burst was under way. */
  readonly acknowledged: number;
  readonly seconds: number;
}

const SOURCES = { programs: require.resolve('./clockwork'), workflows: require.resolve('./clockwork-workflows') };
const WORKERS = 2;
const CALLS = 150;
const LOOK_EVERY_MS = 25;

/** Kills workers, and looks at what became of the runs. */
export async function burstKills({ seed, atOnce, kills }: BurstDose): Promise<BurstsKilled> {
  quietRuntime();
  const startedMs = Date.now();
  const directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-bursts-'));
  process.env[CLOCKWORK_ENV] = directory;
  const files = await workerFiles(directory, SOURCES);
  const server = await MortalServer.start();
  const connections = await server.connections();
  const harness = await RunHarness.open({ connections, programs: [clockwork], replayedBy: SOURCES.workflows });
  const fleet = new Fleet(files, { address: server.address, taskQueue: harness.taskQueue }, WORKERS);
  const moments = fc.sample(fc.integer({ min: 0, max: 1_200 }), { seed, numRuns: kills });
  let left = kills;
  let runs = 0;
  const counts = { calls: 0, repeated: 0, acknowledged: 0 };
  const lane = async (): Promise<string[]> => {
    const done: string[] = [];
    do {
      const runId = `clockwork-${(runs += 1)}`;
      await harness.kernel.start('clockwork', { runId, initialState: { calls: CALLS } });
      const acknowledged = await watch(harness, runId);
      const begun = beginningsOf(directory, runId);
      assertNeverAgain(runId, begun, acknowledged);
      counts.calls += new Set(begun.map(({ actionId }) => actionId)).size;
      counts.repeated += begun.length - new Set(begun.map(({ actionId }) => actionId)).size;
      counts.acknowledged += acknowledged.size;
      done.push(runId);
    } while (left > 0);
    return done;
  };
  const killAll = async (): Promise<void> => {
    for (const afterMs of moments) {
      await fleet.oneReady();
      await pause(afterMs);
      await fleet.kill(left);
      left -= 1;
    }
  };
  try {
    const [, ...lanes] = await Promise.all([killAll(), ...Array.from({ length: atOnce }, lane)]);
    assert.deepEqual(fleet.failures, [], 'no worker ended but those that were killed');
    await fleet.oneReady();
    const threeLogs = await ThreeLogs.of(harness);
    for (const runId of lanes.flat()) {
      const log = await persistently(() => harness.kernel.log(runId));
      assert.deepEqual(log.map(textOf), undisturbed(runId).map(textOf), `run ${runId} came to what its twin came to`);
      await threeLogs.assertEqual(runId);
    }
    await threeLogs.close();
    return { runs, ...counts, seconds: (Date.now() - startedMs) / 1_000 };
  } finally {
    await fleet.close();
    await harness.close();
    await server.stop();
    rmSync(directory, { recursive: true });
  }
}

/** Waits for a run's end, and meanwhile notes which results the server says that it has, and when it was first asked after that. */
async function watch({ client }: RunHarness, runId: string): Promise<ReadonlyMap<string, number>> {
  const acknowledged = new Map<string, number>();
  const { payloadConverter } = client.options.loadedDataConverter;
  for (;;) {
    const { raw, status } = await persistently(() => client.workflow.getHandle(runId).describe());
    const nowMs = Date.now();
    for (const { heartbeatDetails } of raw.pendingActivities ?? []) {
      const [payload] = heartbeatDetails?.payloads ?? [];
      const journal = payload ? readBurstJournal(payloadConverter.fromPayload(payload)) : null;
      for (const { actionId } of journal?.results ?? []) {
        if (!acknowledged.has(actionId)) acknowledged.set(actionId, nowMs);
      }
    }
    if (status.name !== 'RUNNING') return acknowledged;
    await pause(LOOK_EVERY_MS);
  }
}

/**
 * Checks that no call began again whose result was acknowledged: by the server's own word, and because a call that must not be done twice begins
 * behind everything that came before it.
 */
function assertNeverAgain(runId: string, begun: readonly Beginning[], acknowledged: ReadonlyMap<string, number>): void {
  const furthest = { tick: 0, look: 0 };
  for (const { kind, actionId, atMs } of begun) {
    const seq = Number(actionId.slice(runId.length + 1));
    const words = `${kind} ${actionId} began again at ${atMs}`;
    assert.ok(atMs <= (acknowledged.get(actionId) ?? Infinity), `${words}, though its result was acknowledged`);
    assert.ok(furthest.tick <= seq, `${words}, behind a tick that came after it`);
    assert.ok(kind === 'look' || furthest.look <= seq, `${words}, behind a look that came after it`);
    furthest[kind] = Math.max(furthest[kind], seq);
  }
}

/** The log that the program makes where nobody disturbs it. */
function undisturbed(runId: string): readonly ChainedLog[] {
  const machine = Machine.start(clockwork, runId, { calls: CALLS });
  const chain = new Chain(runId, genesisHash(runId, clockwork.name, machine.state));
  const log: ChainedLog[] = [];
  while (machine.waiting.for !== 'nothing') {
    if (machine.waiting.for === 'step') machine.advance();
    for (const { actionId, action } of pendingActionsOf(machine.waiting)) {
      const { at } = (action as unknown as { input: { at: number } }).input;
      machine.deliver({ type: 'result', actionId, result: { type: 'success', output: givenAt(at) } });
    }
    log.push(...machine.drain().map((entry) => chain.add(entry)));
  }
  return log;
}

function textOf({ eventIndex, event, stateHash, hash }: ChainedLog): string {
  return `${sequencedEventText({ seq: eventIndex, event })} ${stateHash} ${hash}`;
}

/** What came of it, in a line. */
export function burstsKilledText({ seed, kills }: BurstDose, killed: BurstsKilled): string {
  const { runs, calls, repeated, acknowledged, seconds } = killed;
  return (
    `${kills} kills (seed ${seed}) in ${seconds.toFixed(1)} s, under ${runs} runs with ${calls} short calls: ${repeated} calls were done again, ` +
    `none of the ${acknowledged} whose acknowledgement was seen; each run came to what its undisturbed twin came to`
  );
}
