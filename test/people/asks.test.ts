/** Asks on a real server: who may answer, how many must, and what time does. Every run's three logs are compared. */
import { Clerks } from '../support/clerks';
import { until } from '../support/until';

const outcome = (heard: readonly unknown[]): unknown => heard.at(-1);

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

  test('given a question with a form, when an answer does not fit, then it is refused and leaves no trace; one that fits is taken', async () => {
    const runId = await clerks.run([{ question: 'Where to?', rules: { form: 'address' } as never }]);
    await clerks.blocked(runId);
    const { head } = await clerks.kernel.status(runId);

    await expect(clerks.kernel.resume(runId, { street: 1 })).rejects.toMatchObject({ code: 'InvalidAnswer' });
    expect((await clerks.kernel.status(runId)).head).toBe(head);
    expect((await clerks.kernel.pendingInterrupt(runId))?.form).toMatchObject({ required: ['street', 'town'] });
    await clerks.kernel.resume(runId, { street: 'Long', town: 'Leeds' }, { by: 'ann' });

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    const value = { street: 'Long', town: 'Leeds' };
    expect(outcome(await clerks.heard(runId))).toEqual({ decided: 'answered', value, reason: null, by: ['ann'] });
  });

  test('given a choice that two of three must make, then one vote leaves it open, and each vote is in the log', async () => {
    const rules = { who: { people: ['ann', 'bob', 'cid'] }, votes: 2 };
    const runId = await clerks.run([{ choice: 'Red or blue?', options: ['red', 'blue'], rules }]);
    const { id } = await clerks.blocked(runId);

    await clerks.kernel.resume(runId, 'red', { by: 'ann' });
    await expect(clerks.kernel.resume(runId, 'red', { by: 'ann' })).rejects.toMatchObject({ code: 'AlreadyVoted' });
    await expect(clerks.kernel.resume(runId, 'red', { by: 'eve' })).rejects.toMatchObject({ code: 'NotAuthorized' });
    await expect(clerks.kernel.resume(runId, 'green', { by: 'bob' })).rejects.toMatchObject({ code: 'InvalidAnswer' });
    expect((await clerks.blocked(runId)).id).toBe(id);
    await clerks.kernel.resume(runId, 'blue', { by: 'bob' });
    await clerks.kernel.resume(runId, 'red', { by: 'cid', interruptId: id });

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect(outcome(await clerks.heard(runId))).toMatchObject({ decided: 'answered', value: 'red', by: ['ann', 'cid'] });
    const log = await clerks.kernel.log(runId);
    expect(log.map(({ event }) => event.type)).toEqual(['Interrupted', 'Resumed', 'Resumed', 'Resumed', 'Completed']);
  });

  test('given an action that needs an approval, when it is approved, then it is done, and the approval is in the log before it', async () => {
    const runId = await clerks.run([{ call: 'pay', input: { amount: 500 } }]);
    expect((await clerks.blocked(runId)).value).toMatchObject({
      $ask: { kind: 'approval', reason: '500 is more than 100' },
    });

    await clerks.kernel.resume(runId, 'approve', { by: 'ann' });

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect(await clerks.heard(runId)).toEqual([{ did: { paid: 500 } }]);
    const log = await clerks.kernel.log(runId);
    expect(log.map(({ event }) => event.type)).toEqual([
      'Interrupted',
      'Resumed',
      'ActionRequested',
      'ActionSucceeded',
      'Completed',
    ]);
  });

  test('given an approver who edits, then the action is done as edited; an edit that the policy denies is refused', async () => {
    const runId = await clerks.run([{ call: 'pay', input: { amount: 500 } }]);
    await clerks.blocked(runId);

    const tooMuch = { decision: 'approve', input: { amount: 20_000 } };
    await expect(clerks.kernel.resume(runId, tooMuch)).rejects.toMatchObject({ code: 'InvalidAnswer' });
    const broken = { decision: 'approve', input: { amount: 'all' } };
    await expect(clerks.kernel.resume(runId, broken)).rejects.toMatchObject({ code: 'InvalidAnswer' });
    await clerks.kernel.resume(runId, { decision: 'approve', input: { amount: 400 } });

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect(await clerks.heard(runId)).toEqual([{ did: { paid: 400 } }]);
  });

  test('given an action that is denied with a reason, then it fails for the program, nothing is done, and the run goes on', async () => {
    const runId = await clerks.run([{ call: 'pay', input: { amount: 500 } }, { note: 'on' }], { program: 'headClerk' });
    await clerks.blocked(runId);

    await clerks.kernel.resume(runId, { decision: 'deny', reason: 'too much' }, { by: 'ann' });

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect(await clerks.heard(runId)).toEqual([{ failed: 'denied by ann: too much' }, { noted: 'on' }]);
  });

  test('given dual control, then the one who started the run may not approve, and another may', async () => {
    const input = { amount: 500, rules: { notTheStarter: true } };
    const runId = await clerks.run([{ call: 'pay', input: input as never }], { startedBy: 'ann' });
    await clerks.blocked(runId);

    await expect(clerks.kernel.resume(runId, 'approve', { by: 'ann' })).rejects.toMatchObject({
      code: 'NotAuthorized',
    });
    await clerks.kernel.resume(runId, 'approve', { by: 'bob' });

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
  });

  test('given a deadline with a default, when nobody answers, then the default is the answer', async () => {
    const runId = await clerks.run([
      { choice: 'Red or blue?', options: ['red', 'blue'], rules: { deadlineMs: 300, otherwise: 'blue' } },
      { call: 'pay', input: { amount: 500, rules: { deadlineMs: 300 } } as never },
      { ask: 'done?' },
    ]);
    await until(async () => (await clerks.heard(runId)).length === 2);

    expect(await clerks.heard(runId)).toEqual([
      { decided: 'expired', value: 'blue', reason: 'nobody answered in time', by: [] },
      { failed: 'denied: nobody answered in time' },
    ]);
    await clerks.blocked(runId);
    await clerks.kernel.resume(runId, 'yes');
    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
  });

  test('given an escalation, then those it is for may answer once it came, and not before', async () => {
    const rules = { who: { roles: ['clerk'] }, escalations: [{ afterMs: 1_500, to: { roles: ['chief'] } }] };
    const runId = await clerks.run([{ question: 'Really?', rules }]);
    await clerks.blocked(runId);
    const chief = { by: 'dan', roles: ['chief'] };

    await expect(clerks.kernel.resume(runId, 'yes', chief)).rejects.toMatchObject({ code: 'NotAuthorized' });
    await until(async () => (await clerks.kernel.pendingInterrupt(runId))?.ballot?.stage === 1);
    await clerks.kernel.resume(runId, 'yes', chief);

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect(outcome(await clerks.heard(runId))).toMatchObject({ value: 'yes', by: ['dan'] });
  });

  test('given an answer with an id that is given again, then it counts once, also when the run has continued as new', async () => {
    const echoes = Array.from({ length: 12 }, (_, index) => ({ call: 'echo', input: index }));
    const runId = await clerks.run([{ ask: 'first?' }, ...echoes, { ask: 'second?' }], { continueAfterEvents: 20 });
    await clerks.blocked(runId);

    await clerks.kernel.resume(runId, 'yes', { id: 'answer-1' });
    const { id } = await clerks.blocked(runId);
    expect(await clerks.kernel.resume(runId, 'yes', { id: 'answer-1' })).toMatchObject({ again: true });
    expect((await clerks.blocked(runId)).id).toBe(id);
    await clerks.kernel.resume(runId, 'no', { id: 'answer-2' });

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect((await clerks.heard(runId)).filter((heard) => 'answer' in (heard as object))).toEqual([
      { answer: 'yes' },
      { answer: 'no' },
    ]);
  });

  test('given votes by signal, then they count as votes by update do', async () => {
    const rules = { who: { roles: ['clerk'] }, votes: 2 };
    const runId = await clerks.run([{ approval: 'May we?', rules }]);
    const { id: interruptId } = await clerks.blocked(runId);
    const handle = clerks.harness.client.workflow.getHandle(runId);

    await handle.signal('resume', 'approve', { interruptId, by: 'ann', roles: ['clerk'] });
    await handle.signal('resume', 'approve', { interruptId, by: 'ann', roles: ['clerk'] });
    await handle.signal('resume', 'approve', { by: 'eve' });
    await handle.signal('resume', 'approve', { by: 'bob', roles: ['clerk'] });

    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    expect(outcome(await clerks.heard(runId))).toMatchObject({ decided: 'approved', by: ['ann', 'bob'] });
  });

  test('given a vote and the deadline in one workflow task, then the log has them in one order, everywhere', async () => {
    const rules = { who: { roles: ['clerk'] }, votes: 2, deadlineMs: 700 };
    const runId = await clerks.run([{ approval: 'May we?', rules }, { ask: 'done?' }]);
    await clerks.blocked(runId);
    const handle = clerks.harness.client.workflow.getHandle(runId);

    await clerks.harness.stopWorker();
    await handle.signal('resume', 'approve', { by: 'ann', roles: ['clerk'] });
    await until(async () => {
      const { events } = await handle.fetchHistory();
      return events?.some(({ timerFiredEventAttributes }) => timerFiredEventAttributes) === true;
    });
    await clerks.startWorker();
    await clerks.blocked(runId);

    expect(await clerks.heard(runId)).toMatchObject([{ decided: 'denied', reason: 'nobody answered in time' }]);
    await clerks.kernel.resume(runId, 'yes');
    expect(await clerks.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
  });
});
