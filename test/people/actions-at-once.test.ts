/** Several actions at once on a real server. Every run's three logs are compared. */
import { endlessAtWork } from '../support/player';
import { Clerks } from '../support/clerks';
import { until } from '../support/until';

describe.each([
  ['with a cache', {}],
  ['without a cache', { maxCachedWorkflows: 0 }],
])('on a worker %s', (_, options) => {
  let clerks: Clerks;
  beforeAll(async () => {
    clerks = await Clerks.atWork(options);
  });
  afterEach(() => clerks.harness.checkRuns());
  afterAll(() => clerks.harness.close());

  const kindsOf = async (runId: string): Promise<readonly string[]> =>
    (await clerks.kernel.log(runId)).map(({ event }) => event.type);

  test('given actions of which the first takes longest, then they run side by side, and the log has them in the order of the asking', async () => {
    const runId = await clerks.run([
      {
        all: [
          { call: 'slow', input: { millis: 600 } },
          { call: 'echo', input: 'b' },
          { sleep: 100 },
          { call: 'echo', input: 'd' },
        ],
      },
      { note: 'after' },
    ]);

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect(await clerks.heard(runId)).toEqual([
      { did: 600 },
      { did: 'b' },
      { did: null },
      { did: 'd' },
      { noted: 'after' },
    ]);
    expect((await kindsOf(runId)).slice(0, 8)).toEqual([
      ...Array.from({ length: 4 }, () => 'ActionRequested'),
      ...Array.from({ length: 4 }, () => 'ActionSucceeded'),
    ]);
    const { events } = await clerks.harness.client.workflow.getHandle(runId).fetchHistory();
    const [first] = events?.filter(({ activityTaskCompletedEventAttributes: done }) => done) ?? [];
    const scheduled = events?.filter(({ activityTaskScheduledEventAttributes: begun }) => begun) ?? [];
    expect(Number(first?.activityTaskCompletedEventAttributes?.scheduledEventId)).not.toBe(
      Number(scheduled[0]?.eventId),
    );
  });

  test('given one that fails, when the program goes on after failures, then all results are there', async () => {
    const runId = await clerks.run([
      {
        all: [
          { call: 'echo', input: 1 },
          { call: 'failing', input: { message: 'no' } },
          { call: 'echo', input: 3 },
        ],
      },
    ]);

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect(await clerks.heard(runId)).toEqual([{ did: 1 }, { failed: 'Executor: no' }, { did: 3 }]);
  });

  test('given one that fails, when the program fails with it, then the others are told to stop, and the log has how each ended', async () => {
    const runId = await clerks.run(
      [{ all: [{ call: 'endless' }, { sleep: 3_600_000 }, { call: 'failing', input: { message: 'no' } }] }],
      { program: 'headClerk' },
    );

    expect(await clerks.kernel.runUntilBlocked(runId)).toMatchObject({ status: 'failed', error: 'Executor: no' });
    expect(await kindsOf(runId)).toEqual([
      ...Array.from({ length: 3 }, () => 'ActionRequested'),
      ...Array.from({ length: 3 }, () => 'ActionFailed'),
    ]);
    expect(endlessAtWork(`${runId}-1`)).toBe(false);
  });

  test('given a cancel, then all are told to stop', async () => {
    const runId = await clerks.run([{ all: [{ call: 'endless' }, { sleep: 3_600_000 }, { call: 'endless' }] }]);
    await until(() => endlessAtWork(`${runId}-1`) && endlessAtWork(`${runId}-3`));

    await clerks.kernel.cancel(runId);

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'cancelled' });
    expect(await clerks.kernel.log(runId)).toHaveLength(6);
  });

  test('given some that need approvals, then they are asked for one by one before any is done, and a denied one fails by itself', async () => {
    const runId = await clerks.run([
      {
        all: [
          { call: 'pay', input: { amount: 200 } },
          { call: 'echo', input: 'x' },
          { call: 'pay', input: { amount: 300 } },
        ],
      },
    ]);
    await clerks.blocked(runId);
    await clerks.kernel.resume(runId, 'approve', { by: 'ann' });
    await clerks.blocked(runId);
    expect(await kindsOf(runId)).toEqual(['Interrupted', 'Resumed', 'Interrupted']);
    await clerks.kernel.resume(runId, { decision: 'deny', reason: 'one is enough' }, { by: 'bob' });

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect(await clerks.heard(runId)).toEqual([
      { did: { paid: 200 } },
      { did: 'x' },
      { failed: 'denied by bob: one is enough' },
    ]);
  });

  test('given children among them that ask, then their questions are in the parent’s inbox, and are answered there', async () => {
    const child = (errand: object): { call: string; input: never } => ({
      call: 'clerk',
      input: { errands: [errand] } as never,
    });
    const runId = await clerks.run(
      [
        {
          all: [child({ ask: 'left?' }), child({ call: 'pay', input: { amount: 500 } }), { call: 'echo', input: 'x' }],
        },
      ],
      { program: 'headClerk', startedBy: 'ann' },
    );
    clerks.harness.watch(`${runId}-1`);
    clerks.harness.watch(`${runId}-2`);
    await until(async () => (await clerks.kernel.inbox(runId).catch(() => [])).length === 2);

    const inbox = await clerks.kernel.inbox(runId);
    expect(inbox.map((item) => item.runId)).toEqual([`${runId}-1`, `${runId}-2`]);
    for (const [index, { id }] of inbox.entries()) {
      await clerks.kernel.resume(runId, index === 0 ? 'yes' : 'approve', { interruptId: id, by: 'bob' });
    }

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect(await clerks.heard(runId)).toMatchObject([
      { did: { state: { heard: [{ answer: 'yes' }] } } },
      { did: { state: { heard: [{ did: { paid: 500 } }] } } },
      { did: 'x' },
    ]);
  });
});
