/**
 * Kills workers and servers under running programs, and compares what each run comes to with what its undisturbed twin comes to: a
 * run of the same id and the same program, on another server. What it asserts, it asserts with `node:assert`, because it is made
 * outside of jest too.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import fc from 'fast-check';
import { canonicalJson, sequencedEventText } from '../../src/kernel';
import { startDevServer, type DevServer } from '../../tools/server';
import { quietRuntime, RunHarness } from '../support/run-harness';
import { executionsOf } from '../../src/runs/execution-chain';
import { ThreeLogs } from '../support/three-logs';
import { playing } from '../support/player';
import { Fleet, workerFiles, type WorkerFiles } from './fleet';
import { OPEN, tend, type Gate } from './outside';
import { persistently } from './persistently';
import { steadyPrograms, type SteadyProgram } from './steady-programs';

/** What is killed, and under how many programs. */
export interface Dose {
  readonly seed: number;
  readonly programs: number;
  readonly workerKills: number;
  readonly serverKills: number;
  /** Stages of a program: the kills are spread over them. */
  readonly stages: number;
}

/** What came of it. */
export interface Killed {
  readonly runs: number;
  readonly entries: number;
  /** Workflow tasks and attempts of tools that were lost with a worker or a server. */
  readonly lostTasks: number;
  readonly lostAttempts: number;
  readonly seconds: number;
}

const WORKERS = 2;

/** Runs the programs twice, once undisturbed, and compares. */
export async function kills(dose: Dose): Promise<Killed> {
  quietRuntime();
  const startedMs = Date.now();
  const directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-kills-'));
  const programs = steadyPrograms(dose.seed, dose.programs, dose.stages);
  try {
    const files = await workerFiles(directory);
    const undisturbed = await Scene.open(files, undefined);
    const disturbed = await Scene.open(files, join(directory, 'server.db'));
    try {
      const [twins, runs] = await Promise.all([undisturbed.play(programs, OPEN), disturbed.playUnder(programs, dose)]);
      assert.deepEqual([...runs].sort(), [...twins].sort());
      const counts = { runs: 0, entries: 0, lostTasks: 0, lostAttempts: 0 };
      const threeLogs = await ThreeLogs.of(disturbed.harness);
      for (const runId of runs) {
        const came = await disturbed.outcomeOf(runId);
        assert.deepEqual(came, await undisturbed.outcomeOf(runId), `run ${runId} came to what its twin came to`);
        await threeLogs.assertEqual(runId);
        counts.runs += 1;
        counts.entries += came.log.length;
        const { tasks, attempts } = await disturbed.lossesOf(runId);
        counts.lostTasks += tasks;
        counts.lostAttempts += attempts;
      }
      await threeLogs.close();
      return { ...counts, seconds: (Date.now() - startedMs) / 1_000 };
    } finally {
      await Promise.all([undisturbed.close(), disturbed.close()]);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** All that a run came to that its twin must come to as well. */
interface Outcome {
  readonly log: readonly string[];
  readonly state: string;
  readonly end: string;
}

/** A server, its workers, and whoever speaks to it. */
class Scene {
  readonly harness: RunHarness;
  readonly #fleet: Fleet;
  readonly #dbFilename: string | undefined;
  #server: DevServer;

  private constructor(server: DevServer, harness: RunHarness, fleet: Fleet, dbFilename: string | undefined) {
    this.#server = server;
    this.harness = harness;
    this.#fleet = fleet;
    this.#dbFilename = dbFilename;
  }

  static async open(files: WorkerFiles, dbFilename: string | undefined): Promise<Scene> {
    const server = await startDevServer({ ownServer: true, ...(dbFilename === undefined ? {} : { dbFilename }) });
    const { address } = server;
    const connection = await Connection.connect({ address });
    const native = await NativeConnection.connect({ address });
    const close = async (): Promise<void> => {
      await native.close();
      await connection.close();
    };
    const harness = await RunHarness.open({ connections: { client: new Client({ connection }), native, close } });
    const fleet = new Fleet(files, { address, taskQueue: harness.taskQueue }, WORKERS);
    return new Scene(server, harness, fleet, dbFilename);
  }

  /** Plays programs to their ends. @returns the ids of all runs */
  async play(programs: readonly SteadyProgram[], gate: Gate): Promise<readonly string[]> {
    const families = programs.map(async ({ script, continueAfterEvents }, index) => {
      const runId = `steady-${index}`;
      const initialState = playing(...script);
      await this.harness.kernel.start('player', { runId, initialState, continueAfterEvents });
      return [runId, ...(await tend(this.harness, runId, gate))];
    });
    return (await Promise.all(families)).flat();
  }

  /** Plays programs while workers and the server are killed; a stage ends only when its share of the kills is done. */
  async playUnder(programs: readonly SteadyProgram[], dose: Dose): Promise<readonly string[]> {
    const moments = momentsOf(dose);
    let done = 0;
    const gate: Gate = (stage) => done >= Math.floor(((stage + 1) * moments.length) / dose.stages);
    const killAll = async (): Promise<void> => {
      await this.#fleet.oneReady();
      for (const { afterMs, whom } of moments) {
        await pause(afterMs);
        if (whom === 'server') await this.#killServer();
        else await this.#fleet.kill(whom);
        done += 1;
        // One is at work before the next one is lost, so that the programs get on.
        await this.#fleet.oneReady();
      }
    };
    const [runs] = await Promise.all([this.play(programs, gate), killAll()]);
    assert.deepEqual(this.#fleet.failures, [], 'no worker ended but those that were killed');
    return runs;
  }

  async outcomeOf(runId: string): Promise<Outcome> {
    const { kernel, client } = this.harness;
    const log = await persistently(() => kernel.log(runId));
    const { status } = await client.workflow.getHandle(runId).describe();
    return {
      log: log.map(({ eventIndex, event, stateHash, hash }) => {
        return `${sequencedEventText({ seq: eventIndex, event })} ${stateHash} ${hash}`;
      }),
      state: canonicalJson(await persistently(() => kernel.state(runId))),
      end: `${status.name}: ${JSON.stringify(await persistently(() => kernel.runUntilBlocked(runId)))}`,
    };
  }

  /** What history tells of the workflow tasks and the attempts of tools that were lost. */
  async lossesOf(runId: string): Promise<{ readonly tasks: number; readonly attempts: number }> {
    const { client } = this.harness;
    let tasks = 0;
    let attempts = 0;
    for (const executionId of await executionsOf(client, runId)) {
      const { events } = await client.workflow.getHandle(runId, executionId).fetchHistory();
      for (const { workflowTaskTimedOutEventAttributes: task, activityTaskStartedEventAttributes: attempt } of events ??
        []) {
        if (task != null) tasks += 1;
        if (attempt?.lastFailure?.timeoutFailureInfo != null) attempts += 1;
      }
    }
    return { tasks, attempts };
  }

  async close(): Promise<void> {
    await this.#fleet.close();
    await this.harness.close();
    await this.#server.stop();
  }

  /** Kills the server without a word, and starts another on the same file at the same address. */
  async #killServer(): Promise<void> {
    const { pid, address, stop } = this.#server;
    assert.ok(pid !== undefined && this.#dbFilename !== undefined);
    process.kill(pid, 'SIGKILL');
    await stop();
    this.#server = await startDevServer({
      ownServer: true,
      dbFilename: this.#dbFilename,
      port: Number(address.split(':')[1]),
    });
  }
}

/** A kill, so many milliseconds after the one before it. */
interface Moment {
  readonly afterMs: number;
  readonly whom: number | 'server';
}

function momentsOf({ seed, workerKills, serverKills }: Dose): readonly Moment[] {
  const afterMs = fc.integer({ min: 100, max: 1_500 });
  const worker = fc.record({ afterMs, whom: fc.nat({ max: WORKERS - 1 }) });
  const server = fc.record({ afterMs, whom: fc.constant('server' as const) });
  const moments = fc
    .tuple(
      fc.array(worker, { minLength: workerKills, maxLength: workerKills }),
      fc.array(server, { minLength: serverKills, maxLength: serverKills }),
    )
    .chain(([workers, servers]) => {
      const all: readonly Moment[] = [...workers, ...servers];
      return fc.shuffledSubarray([...all], { minLength: all.length });
    });
  return fc.sample(moments, { seed, numRuns: 1 })[0] ?? [];
}

/** What came of it, in a line. */
export function killedText({ programs, workerKills, serverKills, seed }: Dose, killed: Killed): string {
  const { runs, entries, lostTasks, lostAttempts, seconds } = killed;
  return (
    `${workerKills} worker kills and ${serverKills} server kills during ${programs} programs (seed ${seed}) in ${seconds.toFixed(1)} s: ` +
    `${lostTasks} workflow tasks and ${lostAttempts} attempts were lost; ${runs} runs with ${entries} entries came to what their ` +
    'undisturbed twins came to'
  );
}
