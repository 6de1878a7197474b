/** Forks of runs on a real server: the source is only read, and nothing before the fork point is done again. */
import { Clerks } from '../support/clerks';

let clerks: Clerks;
beforeAll(async () => {
  clerks = await Clerks.atWork();
});
afterEach(() => clerks.harness.checkRuns());
afterAll(() => clerks.harness.close());

const ERRANDS = [{ call: 'echo', input: 'paid' }, { ask: 'on?' }, { call: 'echo', input: 'sent' }] as const;

async function forkOf(
  runId: string,
  options: Omit<Parameters<typeof clerks.kernel.fork>[1], 'runId'>,
): Promise<string> {
  const forked = await clerks.kernel.fork(runId, { ...options, runId: clerks.harness.newRunId('fork') });
  return forked.runId;
}

const lengthOf = async (runId: string): Promise<number> =>
  (await clerks.harness.client.workflow.getHandle(runId).describe()).historyLength;

test('given a run that waits, when it is forked there, then the fork asks the same and goes its own way, and the source is as it was', async () => {
  const runId = await clerks.run(ERRANDS);
  await clerks.blocked(runId);
  const length = await lengthOf(runId);

  const fork = await forkOf(runId, { at: 3 });
  await clerks.blocked(fork);
  await clerks.kernel.resume(fork, 'no');

  expect(await clerks.kernel.runUntilBlocked(fork)).toEqual({ status: 'completed' });
  expect(await clerks.heard(fork)).toEqual([{ did: 'paid' }, { answer: 'no' }, { did: 'sent' }]);
  expect((await clerks.kernel.log(fork)).map(({ event }) => event.type)).toEqual([
    'Interrupted',
    'Resumed',
    'ActionRequested',
    'ActionSucceeded',
    'Completed',
  ]);
  expect(await lengthOf(runId)).toBe(length);
  expect((await clerks.blocked(runId)).id).toBe(`${runId}-3`);
  await clerks.harness.mirror.mirror(fork);
  const { hash } = (await clerks.kernel.log(runId))[1]!;
  expect(await clerks.harness.store.loadRun(fork)).toMatchObject({ forkedFrom: { runId, seq: 2, hash } });
  await clerks.kernel.resume(runId, 'yes');
  await clerks.kernel.runUntilBlocked(runId);
});

test('given an alternate answer or result, then the fork begins behind it', async () => {
  const runId = await clerks.run(ERRANDS);
  await clerks.blocked(runId);
  await clerks.kernel.resume(runId, 'yes');
  await clerks.kernel.runUntilBlocked(runId);

  const answered = await forkOf(runId, { at: 3, alternate: { type: 'answer', value: 'no' } });
  const done = await forkOf(runId, {
    at: 1,
    alternate: { type: 'result', result: { type: 'success', output: 'lent' } },
  });

  expect(await clerks.kernel.runUntilBlocked(answered)).toEqual({ status: 'completed' });
  expect(await clerks.heard(answered)).toEqual([{ did: 'paid' }, { answer: 'no' }, { did: 'sent' }]);
  expect(await clerks.kernel.log(answered)).toHaveLength(3);
  await clerks.blocked(done);
  expect(await clerks.heard(done)).toEqual([{ did: 'lent' }]);
  await clerks.kernel.cancel(done);
});

test('given what can’t be a fork, then the error says why, and nothing is started', async () => {
  const runId = await clerks.run([{ call: 'pay', input: { amount: 500 } }, { note: 'x' }]);
  await clerks.blocked(runId);
  const fork = (options: Parameters<typeof clerks.kernel.fork>[1]): Promise<unknown> =>
    clerks.kernel.fork(runId, options);

  await expect(fork({ at: 9 })).rejects.toMatchObject({ code: 'SeqBeyondLog' });
  await expect(fork({ at: -1 })).rejects.toMatchObject({ code: 'SeqBeyondLog' });
  await expect(fork({ at: 0, alternate: { type: 'answer', value: 1 } })).rejects.toMatchObject({
    code: 'IllegalAlternate',
  });
  const approved = { type: 'answer', value: 'approve' } as const;
  await expect(fork({ at: 1, alternate: approved })).rejects.toMatchObject({ code: 'IllegalAlternate' });
  await expect(fork({ at: 1, runId })).rejects.toMatchObject({ code: 'RunAlreadyStarted' });
  await clerks.kernel.resume(runId, 'deny');
  await clerks.kernel.runUntilBlocked(runId);
  await expect(fork({ at: 6 })).rejects.toMatchObject({ code: 'RunFinished' });
  await expect(clerks.kernel.fork('nobody', { at: 0 })).rejects.toMatchObject({ code: 'RunNotFound' });
});
