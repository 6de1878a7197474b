/**
 * Many random programs side by side on a real server, and the central check on every run that comes of them. A program is known by
 * its seed and its number, so that one that fails can be played again alone.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { RunHarness } from '../support/run-harness';
import { ThreeLogs } from '../support/three-logs';
import { randomProgram, type RandomProgram } from './random-programs';
import { playProgram, type Stage } from './random-programs-outside';

/** Programs that are under way at once: most of their time they wait. */
const AT_ONCE = 16;

/** How long a task waits for a worker that is being replaced. */
const STICKY_TIMEOUT_MS = 500;

/** A worker is replaced no more often. */
const RESTART_EVERY_MS = 2_000;

/** What is played. */
export interface Batch {
  readonly seed: number;
  /** The number of the first program. */
  readonly from: number;
  readonly count: number;
}

/** A program whose runs are not as they must be. */
export interface FailedProgram {
  readonly seed: number;
  readonly number: number;
  readonly program: RandomProgram;
  readonly reason: string;
}

/** What became of a batch. */
export interface Played {
  programs: number;
  runs: number;
  events: number;
  executions: number;
  /** How many runs ended in each way. */
  readonly ends: Map<string, number>;
  readonly failed: FailedProgram[];
}

/** The programs of a batch. The same batch gives the same programs. */
export function programsOf({ seed, from, count }: Batch): readonly RandomProgram[] {
  return count === 0 ? [] : fc.sample(randomProgram, { seed, path: String(from), numRuns: count });
}

/** The two workers that programs run on: one with a cache, and one that replays every run at every task. */
export class ProgramStage {
  readonly #cached: Stage;
  readonly #uncached: Stage;

  private constructor(cached: RunHarness, uncached: RunHarness) {
    this.#cached = stageOn(cached);
    this.#uncached = stageOn(uncached);
  }

  static async open(): Promise<ProgramStage> {
    const cached = await RunHarness.open({ stickyTimeoutMs: STICKY_TIMEOUT_MS });
    const uncached = await RunHarness.open({ maxCachedWorkflows: 0 });
    await Promise.all([cached.startWorker(), uncached.startWorker()]);
    return new ProgramStage(cached, uncached);
  }

  async close(): Promise<void> {
    await Promise.all([this.#cached.harness.close(), this.#uncached.harness.close()]);
  }

  /** Plays a batch and checks every run of it. */
  async play(batch: Batch): Promise<Played> {
    return await this.playThese(programsOf(batch), batch);
  }

  /** Plays programs and checks every run of them. */
  async playThese(
    programs: readonly RandomProgram[],
    { seed, from }: { readonly seed: number; readonly from: number },
  ): Promise<Played> {
    const played: Played = {
      programs: programs.length,
      runs: 0,
      events: 0,
      executions: 0,
      ends: new Map(),
      failed: [],
    };
    const families: (readonly string[] | undefined)[] = [];
    const attempt = async (index: number, work: (program: RandomProgram, stage: Stage) => Promise<void>) => {
      const program = programs[index] as RandomProgram;
      try {
        await work(program, this.#stageOf(program));
      } catch (error) {
        const reason = inspect(error);
        played.failed.push({ seed, number: from + index, program, reason });
      }
    };
    await sideBySide(programs.length, AT_ONCE, (index) =>
      attempt(index, async (program, stage) => {
        families[index] = await playProgram(stage, program);
      }),
    );
    // Only now, so that no check asks a worker that is just being replaced.
    for (const stage of [this.#cached, this.#uncached]) {
      const threeLogs = await ThreeLogs.of(stage.harness);
      for (const index of programs.keys()) {
        if (families[index] === undefined || this.#stageOf(programs[index] as RandomProgram) !== stage) continue;
        await attempt(index, async () => {
          for (const runId of families[index] ?? []) await this.#check(threeLogs, stage.harness, runId, played);
        });
      }
      await threeLogs.close();
    }
    return played;
  }

  #stageOf({ cached }: RandomProgram): Stage {
    return cached ? this.#cached : this.#uncached;
  }

  async #check(threeLogs: ThreeLogs, harness: RunHarness, runId: string, played: Played): Promise<void> {
    await threeLogs.assertEqual(runId);
    const log = await harness.store.scanLog(runId, 1);
    const { status } = await harness.client.workflow.getHandle(runId).describe();
    played.runs += 1;
    played.events += log.length;
    played.executions += new Set(log.map(({ origin }) => origin.executionId)).size;
    played.ends.set(status.name, (played.ends.get(status.name) ?? 0) + 1);
  }
}

function stageOn(harness: RunHarness): Stage {
  let restarting: Promise<void> | null = null;
  const restart = async (): Promise<void> => {
    try {
      await harness.stopWorker();
      await harness.startWorker();
      // Runs must get somewhere between two of them, and a worker takes a second of the processor to start.
      await pause(RESTART_EVERY_MS);
    } finally {
      restarting = null;
    }
  };
  return {
    harness,
    restartWorker: () => (restarting ??= restart()),
    assertAlive: () => {
      const { workerState } = harness;
      if (restarting === null && workerState !== 'RUNNING')
        throw new Error(`there is no worker any more: ${workerState}`);
    },
  };
}

/** Does `work` for 0 to `count` - 1, so many at once. */
async function sideBySide(count: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
