/**
 * Random errands on a real server, with people who answer wrongly, twice, late, all at once, and who interfere. Whatever they do, the three
 * logs are equal, nothing is done without its approvals, and nothing twice. `ERRANDS=500` runs more, `ERRANDS_SEED` the same again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { isKernelError } from '../../src/kernel';
import { Clerks } from '../support/clerks';
import { randomErrands, ROLES_OF, STARTER, wrongIn, type RandomErrands, type Said } from './random-errands';

const COUNT = Number(process.env['ERRANDS'] ?? 16);
const SEED = Number(process.env['ERRANDS_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const AT_ONCE = 10;

const clerks: { cached: Clerks; uncached: Clerks } = {} as never;
beforeAll(async () => {
  clerks.cached = await Clerks.atWork();
  clerks.uncached = await Clerks.atWork({ maxCachedWorkflows: 0 });
});
afterAll(async () => {
  await clerks.cached.harness.close();
  await clerks.uncached.harness.close();
});

/** A refusal is an answer too. */
async function saying(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isKernelError(error)) throw error;
  }
}

async function say(office: Clerks, runId: string, said: Said): Promise<void> {
  const { kernel, harness } = office;
  switch (said.what) {
    case 'wait':
      await pause(said.millis);
      return;
    case 'answer':
    case 'signal': {
      const { by, value, id } = said;
      const options = { by, roles: ROLES_OF[by] ?? [], ...(id === undefined ? {} : { id }) };
      if (said.what === 'answer') await saying(() => kernel.resume(runId, value, options));
      else
        await harness.client.workflow
          .getHandle(runId)
          .signal('resume', value, options)
          .catch(() => undefined);
      return;
    }
    case 'stale':
      await saying(() => kernel.resume(runId, 'approve', { by: said.by, interruptId: `${runId}-1` }));
      return;
    case 'steer':
      await saying(() => kernel.steer(runId, `from ${said.by}`));
      return;
    case 'pause':
      await saying(() => kernel.pause(runId, { by: said.by }));
      return;
    case 'unpause':
      await saying(() => kernel.unpause(runId, { by: said.by }));
      return;
    case 'cancel':
      await saying(() => kernel.cancel(runId));
  }
}

/** Lets people say what they say, two at a time, and then brings the run to its end. */
async function play({ errands, program, cached, continueAfterEvents, said }: RandomErrands): Promise<string> {
  const office = cached ? clerks.cached : clerks.uncached;
  const options = { program, startedBy: STARTER, ...(continueAfterEvents === null ? {} : { continueAfterEvents }) };
  const runId = await office.run(errands, options);
  for (let index = 0; index < said.length; index += 2) {
    await Promise.all(said.slice(index, index + 2).map((each) => say(office, runId, each)));
  }
  for (let round = 1; ; round += 1) {
    // Where all who may answer have, and differ, nobody settles it.
    if (round > 2 * errands.length + said.length + 20) await saying(() => office.kernel.cancel(runId));
    const status = await office.kernel.runUntilBlocked(runId);
    if (status.status === 'paused') await saying(() => office.kernel.unpause(runId));
    else if (status.status !== 'blocked') return runId;
    for (const [by, roles] of Object.entries(ROLES_OF)) {
      for (const value of ['red', 'approve']) await saying(() => office.kernel.resume(runId, value, { by, roles }));
    }
  }
}

test(`given ${COUNT} random errands (seed ${SEED}), whatever people do, then nothing is done without its approvals or twice, and the logs are equal`, async () => {
  const programs = fc.sample(randomErrands, { numRuns: COUNT, seed: SEED });
  for (let begin = 0; begin < programs.length; begin += AT_ONCE) {
    const batch = programs.slice(begin, begin + AT_ONCE);
    const runs = await Promise.all(batch.map(play));
    for (const [index, runId] of runs.entries()) {
      const office = batch[index]!.cached ? clerks.cached : clerks.uncached;
      const log = (await office.kernel.log(runId)).map(({ eventIndex: seq, event }) => ({ seq, event }));
      expect({ index: begin + index, wrong: wrongIn(log) }).toEqual({ index: begin + index, wrong: [] });
    }
    await clerks.cached.harness.checkRuns();
    await clerks.uncached.harness.checkRuns();
  }
}, 600_000);
