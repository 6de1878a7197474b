/**
 * Many random errands side by side on a real server, with the people around them, and what must hold of every run: nothing is done without
 * its approvals, nothing twice, and the three logs are equal. A run's errands are known by their seed and their number.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { isKernelError } from '../../src/kernel';
import { Clerks } from '../support/clerks';
import { ThreeLogs } from '../support/three-logs';
import { randomErrands, ROLES_OF, STARTER, wrongIn, type RandomErrands, type Said } from './random-errands';

/** Runs that are under way at once: most of their time they wait. */
const AT_ONCE = 10;

/** What is played. */
export interface ErrandsBatch {
  readonly seed: number;
  /** The number of the first run. */
  readonly from: number;
  readonly count: number;
}

/** Errands that did not come to what they must. */
export interface FailedErrands {
  readonly seed: number;
  readonly number: number;
  readonly errands: RandomErrands;
  readonly reason: string;
}

/** What became of a batch. */
export interface PlayedErrands {
  runs: number;
  events: number;
  /** What people said, and how much of it was refused. */
  said: number;
  refused: number;
  /** How many runs ended in each way. */
  readonly ends: Map<string, number>;
  readonly failed: FailedErrands[];
}

export function nothingPlayed(): PlayedErrands {
  return { runs: 0, events: 0, said: 0, refused: 0, ends: new Map(), failed: [] };
}

/** Two offices of clerks: one whose worker has a cache, and one whose worker replays every run at every task. */
export class ErrandsOffice {
  readonly #cached: Clerks;
  readonly #uncached: Clerks;

  private constructor(cached: Clerks, uncached: Clerks) {
    this.#cached = cached;
    this.#uncached = uncached;
  }

  static async open(): Promise<ErrandsOffice> {
    return new ErrandsOffice(await Clerks.atWork(), await Clerks.atWork({ maxCachedWorkflows: 0 }));
  }

  async close(): Promise<void> {
    await this.#cached.harness.close();
    await this.#uncached.harness.close();
  }

  /** Plays a batch and checks every run of it. */
  async play({ seed, from, count }: ErrandsBatch): Promise<PlayedErrands> {
    const all = fc.sample(randomErrands, { seed, path: String(from), numRuns: count });
    const played = nothingPlayed();
    const attempt = async (index: number, work: (errands: RandomErrands) => Promise<void>): Promise<void> => {
      const errands = all[index] as RandomErrands;
      try {
        await work(errands);
      } catch (error) {
        played.failed.push({ seed, number: from + index, errands, reason: inspect(error) });
      }
    };
    const runs: (string | undefined)[] = [];
    for (let begin = 0; begin < all.length; begin += AT_ONCE) {
      const batch = all.slice(begin, begin + AT_ONCE);
      await Promise.all(
        batch.map((_, index) =>
          attempt(begin + index, async (errands) => {
            runs[begin + index] = await playToItsEnd(this.#clerksOf(errands), errands, played);
          }),
        ),
      );
    }
    for (const clerks of [this.#cached, this.#uncached]) {
      const threeLogs = await ThreeLogs.of(clerks.harness);
      for (const [index, errands] of all.entries()) {
        const runId = runs[index];
        if (runId === undefined || this.#clerksOf(errands) !== clerks) continue;
        await attempt(index, () => check(clerks, threeLogs, runId, played));
      }
      await threeLogs.close();
    }
    return played;
  }

  #clerksOf({ cached }: RandomErrands): Clerks {
    return cached ? this.#cached : this.#uncached;
  }
}

async function check(clerks: Clerks, threeLogs: ThreeLogs, runId: string, played: PlayedErrands): Promise<void> {
  const log = (await clerks.kernel.log(runId)).map(({ eventIndex: seq, event }) => ({ seq, event }));
  assert.deepEqual(wrongIn(log), [], 'nothing is done without its approvals, and nothing twice');
  await threeLogs.assertEqual(runId);
  const { status } = await clerks.harness.client.workflow.getHandle(runId).describe();
  played.runs += 1;
  played.events += log.length;
  played.ends.set(status.name, (played.ends.get(status.name) ?? 0) + 1);
}

/** Lets people say what they say, two at a time, and then brings the run to its end. */
async function playToItsEnd(
  clerks: Clerks,
  { errands, program, continueAfterEvents, said }: RandomErrands,
  played: PlayedErrands,
): Promise<string> {
  const { kernel } = clerks;
  const options = { program, startedBy: STARTER, ...(continueAfterEvents === null ? {} : { continueAfterEvents }) };
  const runId = await clerks.run(errands, options);
  for (let index = 0; index < said.length; index += 2) {
    await Promise.all(said.slice(index, index + 2).map((each) => say(clerks, runId, each, played)));
  }
  for (let round = 1; ; round += 1) {
    // Where all who may answer have, and differ, nobody settles it.
    if (round > 2 * errands.length + said.length + 20) await saying(played, () => kernel.cancel(runId));
    const status = await kernel.runUntilBlocked(runId);
    if (status.status === 'paused') await saying(played, () => kernel.unpause(runId));
    else if (status.status !== 'blocked') return runId;
    for (const [by, roles] of Object.entries(ROLES_OF)) {
      for (const value of ['red', 'approve']) await saying(played, () => kernel.resume(runId, value, { by, roles }));
    }
  }
}

/** A refusal is an answer too. */
async function saying(played: PlayedErrands, act: () => Promise<unknown>): Promise<void> {
  played.said += 1;
  try {
    await act();
  } catch (error) {
    if (!isKernelError(error)) throw error;
    played.refused += 1;
  }
}

async function say({ kernel, harness }: Clerks, runId: string, said: Said, played: PlayedErrands): Promise<void> {
  switch (said.what) {
    case 'wait':
      await pause(said.millis);
      return;
    case 'answer':
    case 'signal': {
      const { by, value, id } = said;
      const options = { by, roles: ROLES_OF[by] ?? [], ...(id === undefined ? {} : { id }) };
      if (said.what === 'answer') {
        await saying(played, () => kernel.resume(runId, value, options));
        return;
      }
      played.said += 1;
      // A run that has ended takes no signal.
      await harness.client.workflow
        .getHandle(runId)
        .signal('resume', value, options)
        .catch(() => (played.refused += 1));
      return;
    }
    case 'stale':
      await saying(played, () => kernel.resume(runId, 'approve', { by: said.by, interruptId: `${runId}-1` }));
      return;
    case 'steer':
      await saying(played, () => kernel.steer(runId, `from ${said.by}`));
      return;
    case 'pause':
      await saying(played, () => kernel.pause(runId, { by: said.by }));
      return;
    case 'unpause':
      await saying(played, () => kernel.unpause(runId, { by: said.by }));
      return;
    case 'cancel':
      await saying(played, () => kernel.cancel(runId));
  }
}
