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
import fc from 'fast-check';
import { quietRuntime, RunHarness } from '../support/run-harness';
import { ThreeLogs } from '../support/three-logs';
import { playing } from '../support/player';
import { Fleet, workerFiles, type WorkerFiles } from './fleet';
import { MortalServer } from './mortal-server';
import { lossesOf, outcomeOf } from './outcome';
import { OPEN, tend, type Gate } from './outside';
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
        const came = await outcomeOf(disturbed.harness, runId);
        assert.deepEqual(
          came,
          await outcomeOf(undisturbed.harness, runId),
          `run ${runId} came to what its twin came to`,
        );
        await threeLogs.assertEqual(runId);
        counts.runs += 1;
        counts.entries += came.log.length;
        const { tasks, attempts } = await lossesOf(disturbed.harness, runId);
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

/** A server, its workers, and whoever speaks to it. */
class Scene {
  readonly harness: RunHarness;
  readonly #fleet: Fleet;
  readonly #server: MortalServer;

  private constructor(server: MortalServer, harness: RunHarness, fleet: Fleet) {
    this.#server = server;
    this.harness = harness;
    this.#fleet = fleet;
  }

  static async open(files: WorkerFiles, dbFilename: string | undefined): Promise<Scene> {
    const server = await MortalServer.start(dbFilename);
    const harness = await RunHarness.open({ connections: await server.connections() });
    const fleet = new Fleet(files, { address: server.address, taskQueue: harness.taskQueue }, WORKERS);
    return new Scene(server, harness, fleet);
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
        if (whom === 'server') await this.#server.kill();
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

  async close(): Promise<void> {
    await this.#fleet.close();
    await this.harness.close();
    await this.#server.stop();
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
