/** What every run must do, whether the worker keeps workflows in its cache or replays them at every task. */
import { sequencedEventText } from '../../src/kernel';
import { endlessAtWork, PLAYER_TOKENS_MAX, playing } from '../support/player';
import { RunHarness, type HarnessOptions } from '../support/run-harness';
import { until } from '../support/until';

export function describeRuns(name: string, options: HarnessOptions): void {
  describe(name, () => {
    let harness: RunHarness;
    beforeAll(async () => {
      harness = await RunHarness.open(options);
      await harness.startWorker();
    });
    // The central check: for every run of every test, the three logs are equal byte for byte.
    afterEach(() => harness.checkRuns());
    afterAll(() => harness.close());

    const logOf = async (runId: string): Promise<string[]> => {
      const log = await harness.kernel.log(runId);
      return log.map(({ eventIndex, event }) => sequencedEventText({ seq: eventIndex, event }).replaceAll(runId, 'R'));
    };
    const kindsOf = async (runId: string): Promise<string[]> => {
      return (await harness.kernel.log(runId)).map(({ event }) => event.type);
    };
    const blocked = (runId: string): unknown => ({
      status: 'blocked',
      blocked: { interrupt: { id: expect.stringContaining(runId) as string, value: 'go on?' }, waitSignal: null },
    });

    describe('given a program with tools, timers and notes', () => {
      test('when it runs, then it completes, and every action has one request and one result', async () => {
        const runId = await harness.play(playing({ note: 'a' }, { call: 'echo', input: { x: [1, 2] } }, { sleep: 1 }));

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });

        expect(await logOf(runId)).toEqual([
          '{"seq":1,"event":{"StateUpdated":{"step_id":"line-0","payload":"a"}}}',
          '{"seq":2,"event":{"ActionRequested":{"action_id":"R-2","payload":{"CallTool":{"input":{"x":[1,2]},"tool":"echo"}}}}}',
          '{"seq":3,"event":{"ActionSucceeded":{"action_id":"R-2","output":{"x":[1,2]}}}}',
          '{"seq":4,"event":{"ActionRequested":{"action_id":"R-4","payload":{"Sleep":{"millis":1}}}}}',
          '{"seq":5,"event":{"ActionSucceeded":{"action_id":"R-4","output":null}}}',
          '{"seq":6,"event":"Completed"}',
        ]);
      });

      test('when an action fails and recovers, then its retries leave one request and one result', async () => {
        const runId = await harness.play(playing({ call: 'flaky', input: { failures: 2 } }));

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });

        expect(await kindsOf(runId)).toEqual(['ActionRequested', 'ActionSucceeded', 'Completed']);
        expect((await harness.kernel.state(runId)) as object).toMatchObject({ results: [{ attempt: 3 }] });
      });

      test('when the policy gives up on an action, then the run has failed with the last error', async () => {
        const runId = await harness.play(playing({ call: 'flaky', input: { failures: 9 } }));

        const error = 'Executor: attempt 4 fails';
        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'failed', recoverable: false, error });

        expect((await logOf(runId)).at(-1)).toBe(
          `{"seq":2,"event":{"ActionFailed":{"action_id":"R-1","error":"${error}"}}}`,
        );
      });

      test('when an action fails for good, then it is not tried again', async () => {
        const runId = await harness.play(playing({ call: 'failing', input: { message: 'no such account' } }));

        expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({ error: 'Executor: no such account' });
      });

      test('when a tool gives what breaks its schema, then the action has failed and says so', async () => {
        const runId = await harness.play(playing({ call: 'wrong' }));

        expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({
          status: 'failed',
          error: expect.stringMatching(/^Executor: output of tool wrong breaks its schema: n: /) as string,
        });
      });

      test('when a rate limit gives no usable delay, then the action is tried again all the same', async () => {
        const runId = await harness.play(playing({ call: 'limited' }));

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
        expect(await harness.kernel.state(runId)).toMatchObject({ results: [2] });
      });

      test('when a tool gives what can’t be written, then the action has failed, once', async () => {
        const runId = await harness.play(playing({ call: 'unwritable' }));

        expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({
          error: expect.stringContaining('output of tool unwritable is not JSON') as string,
        });
      });

      test('when a tool takes longer than it may, then the policy decides how often it is tried', async () => {
        const runId = await harness.play(playing({ call: 'late' }));

        expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({
          error: 'Executor: timed out after 50 ms',
        });
      });

      test('when a tool gives more than its schema knows, then history has no more than the log', async () => {
        const runId = await harness.play(playing({ call: 'talkative' }));
        await harness.kernel.runUntilBlocked(runId);

        const { events } = await harness.client.workflow.getHandle(runId).fetchHistory();
        const done = events!.find(({ activityTaskCompletedEventAttributes: completed }) => completed != null)!;
        const [payload] = done.activityTaskCompletedEventAttributes!.result!.payloads!;
        expect(Buffer.from(payload!.data!).toString()).toBe('{"a":1}');
      });

      test('when no worker has a tool, then the action times out', async () => {
        const runId = await harness.play(playing({ call: 'elsewhere' }));

        expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({
          status: 'failed',
          error: expect.stringContaining('elsewhere') as string,
        });
      });

      test('when the policy denies an action, then it is not requested and the run says why', async () => {
        const runId = await harness.play(playing({ note: 1 }, { call: 'forbidden' }));

        const reason = 'tool not allowed: forbidden';
        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'denied', code: 'PolicyDenied', reason });

        expect(await kindsOf(runId)).toEqual(['StateUpdated']);
      });

      test('when the budget is used up, then the next call is not requested and the run says why', async () => {
        const spends = { prompt: { tokens: PLAYER_TOKENS_MAX } };
        const runId = await harness.play(playing({ prompt: { tokens: 0 } }, { ask: 'more?' }, spends, spends));
        await harness.kernel.runUntilBlocked(runId);
        await harness.kernel.resume(runId, 'yes');

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({
          status: 'denied',
          code: 'BudgetExceeded',
          reason: 'the budget of 100 LLM tokens is used up (100 spent): oracle is not called',
        });

        const results = ['ActionRequested', 'ActionSucceeded'];
        expect(await kindsOf(runId)).toEqual([...results, 'Interrupted', 'Resumed', ...results]);
      });
    });

    describe('given a run that asks', () => {
      const asks = playing({ ask: 'go on?' }, { call: 'echo', input: 1 });

      test('when it is answered by the update, then it goes on with the answer', async () => {
        const runId = await harness.play(asks);
        expect(await harness.kernel.runUntilBlocked(runId)).toEqual(blocked(runId));

        expect(await harness.kernel.resume(runId, { approve: true })).toEqual({
          seq: 2,
          hash: (await harness.kernel.log(runId))[1]?.hash,
        });

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
        expect(await harness.kernel.state(runId)).toMatchObject({ answers: [{ approve: true }] });
      });

      test('when it is answered by the plain signal, then it goes on with the answer', async () => {
        const runId = await harness.play(asks);
        await harness.kernel.runUntilBlocked(runId);

        await harness.client.workflow.getHandle(runId).signal('resume', 'yes');

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
        expect((await logOf(runId))[1]).toBe('{"seq":2,"event":{"Resumed":{"value":"yes"}}}');
      });

      test('when an undeclared signal comes, then it resumes the run, as in the specification', async () => {
        const runId = await harness.play(asks);
        await harness.kernel.runUntilBlocked(runId);

        await harness.kernel.signal(runId, 'whatever', 'by signal');

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
        expect((await logOf(runId))[1]).toBe('{"seq":2,"event":{"Resumed":{"value":"by signal"}}}');
      });

      test('when an answer breaks the schema, then it is refused and the run stays blocked', async () => {
        const runId = await harness.play(asks);
        await harness.kernel.runUntilBlocked(runId);

        await expect(harness.kernel.resume(runId, { approve: 'perhaps' })).rejects.toMatchObject({
          code: 'InvalidAnswer',
        });
        await harness.client.workflow.getHandle(runId).signal('resume', 4711);

        expect(await harness.kernel.status(runId)).toMatchObject({
          head: 1,
          status: blocked(runId),
          refused: 1,
          lastRefusal: { code: 'InvalidAnswer' },
        });
      });

      test('when somebody’s answer was refused, then others still find the run blocked', async () => {
        const runId = await harness.play(asks);
        await harness.kernel.runUntilBlocked(runId);
        const refused = harness.kernel.resume(runId, 4711).catch((error: unknown) => error);

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual(blocked(runId));
        expect(await refused).toMatchObject({ code: 'InvalidAnswer' });
        expect(await harness.kernel.runUntilBlocked(runId)).toEqual(blocked(runId));
      });

      test('when an answer names another interrupt, then it is refused and never appended', async () => {
        const runId = await harness.play(asks);
        await harness.kernel.runUntilBlocked(runId);

        const interruptId = `${runId}-77`;
        await expect(harness.kernel.resume(runId, 'yes', { interruptId })).rejects.toMatchObject({
          code: 'InterruptNotPending',
        });
        await harness.client.workflow.getHandle(runId).signal('resume', 'yes', { interruptId });

        expect(await harness.kernel.status(runId)).toMatchObject({ head: 1, refused: 1 });
      });

      test('when signals come in the same moment as the last answer, then the server may try again, but the answer counts', async () => {
        const asksLast = playing({ ask: 'go on?' });
        const runIds = await Promise.all(Array.from({ length: 8 }, () => harness.play(asksLast)));
        await Promise.all(
          runIds.map(async (runId) => {
            await harness.kernel.runUntilBlocked(runId);
            const strangers = Array.from({ length: 3 }, () => harness.kernel.signal(runId, 'payment', { amount: 1 }));
            const answered = harness.kernel.resume(runId, 'yes');
            await Promise.allSettled(strangers);
            expect(await answered).toMatchObject({ seq: 2 });
            expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
            expect(await harness.kernel.state(runId)).toMatchObject({ answers: ['yes'] });
          }),
        );
      });

      test('when it is answered twice, then the second answer is refused', async () => {
        const runId = await harness.play(playing({ ask: 'go on?' }, { ask: 'and now?' }));
        await harness.kernel.runUntilBlocked(runId);
        const first = await harness.kernel.pendingInterrupt(runId);
        await harness.kernel.resume(runId, 'yes', { interruptId: first!.id });

        await expect(harness.kernel.resume(runId, 'yes', { interruptId: first!.id })).rejects.toMatchObject({
          code: 'InterruptNotPending',
        });

        expect(await harness.kernel.pendingInterrupt(runId)).toEqual({ id: `${runId}-3`, value: 'and now?' });
      });

      test('when it has ended, then every further input is refused', async () => {
        const runId = await harness.play(playing({ note: 1 }));
        await harness.kernel.runUntilBlocked(runId);

        await expect(harness.kernel.resume(runId, 'yes')).rejects.toMatchObject({ code: 'RunFinished' });
        await expect(harness.kernel.resume(runId, 'yes', { interruptId: `${runId}-1` })).rejects.toMatchObject({
          code: 'RunFinished',
        });
        await expect(harness.kernel.signal(runId, 'payment')).rejects.toMatchObject({ code: 'RunFinished' });
        await expect(harness.kernel.cancel(runId)).rejects.toMatchObject({ code: 'RunFinished' });
      });
    });

    describe('given signals that come early', () => {
      test('when several resumes come before the first step, then they stand first in the log, in their order', async () => {
        const runId = harness.newRunId();
        const workflow = { workflowId: runId, taskQueue: harness.taskQueue, args: [playing({ note: 1 })] };
        const early = ['one', 'two', 'three'];
        // Nobody works meanwhile: else the run may have ended before the second one, which then starts another.
        await harness.stopWorker();
        for (const value of early) {
          await harness.client.workflow.signalWithStart('player', {
            ...workflow,
            signal: 'resume',
            signalArgs: [value],
          });
        }
        await harness.startWorker();

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
        const log = await harness.kernel.log(runId);
        const first = log.slice(0, early.length).map(({ event }) => event);
        expect(first).toEqual(early.map((value) => ({ type: 'Resumed', value })));
      });

      test('when a resume comes during an action, then it is appended right after it', async () => {
        const runId = await harness.play(playing({ wait: 'payment' }, { note: 1 }));
        await harness.kernel.runUntilBlocked(runId);
        await harness.client.workflow.getHandle(runId).signal('resume', 'meanwhile');
        await harness.kernel.signal(runId, 'payment', { amount: 3 });

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });

        expect(await kindsOf(runId)).toEqual([
          'ActionRequested',
          'ActionSucceeded',
          'Resumed',
          'StateUpdated',
          'Completed',
        ]);
      });

      test('when a declared signal comes before it is waited for, then it waits', async () => {
        const runId = await harness.play(playing({ ask: 'go on?' }, { wait: 'payment' }));
        await harness.kernel.runUntilBlocked(runId);
        await harness.kernel.signal(runId, 'payment', { amount: 12.5 });
        await harness.kernel.resume(runId, 'yes');

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });

        expect(await kindsOf(runId)).toEqual([
          'Interrupted',
          'Resumed',
          'ActionRequested',
          'ActionSucceeded',
          'Completed',
        ]);
        expect(await harness.kernel.state(runId)).toMatchObject({ results: [{ amount: 12.5 }] });
      });

      test('when a signal breaks its schema, then it is refused and the run waits on', async () => {
        const runId = await harness.play(playing({ wait: 'payment' }));
        expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({ blocked: { waitSignal: 'payment' } });

        await harness.client.workflow.getHandle(runId).signal('payment', { amount: 'much' });

        expect(await harness.kernel.status(runId)).toMatchObject({ head: 1, lastRefusal: { code: 'InvalidSignal' } });
      });
    });

    describe('given a run that is cancelled', () => {
      test('when a tool is working, then it is stopped and its action has failed', async () => {
        const runId = await harness.play(playing({ call: 'endless' }));
        await until(() => endlessAtWork(`${runId}-1`));

        await harness.kernel.cancel(runId);

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'cancelled' });
        expect(endlessAtWork(`${runId}-1`)).toBe(false);
        expect((await logOf(runId)).at(-1)).toBe(
          '{"seq":2,"event":{"ActionFailed":{"action_id":"R-1","error":"cancelled"}}}',
        );
      });

      test.each([
        ['it sleeps', playing({ sleep: 3_600_000 }), ['ActionRequested', 'ActionFailed']],
        ['it waits for a signal', playing({ wait: 'payment' }), ['ActionRequested', 'ActionFailed']],
        ['it asks', playing({ ask: 'go on?' }), ['Interrupted']],
      ])('when %s, then it ends at once with a legal log', async (_, script, kinds) => {
        const runId = await harness.play(script);
        await until(async () => (await harness.kernel.status(runId)).head === 1);

        await harness.kernel.cancel(runId);

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'cancelled' });
        expect(await kindsOf(runId)).toEqual(kinds);
      });
    });

    describe('given a run that outgrows a history', () => {
      test('when it continues as new, then nothing of it is lost: state, log, early signals', async () => {
        const echoes = Array.from({ length: 9 }, (_, input) => ({ call: 'echo', input }));
        const runId = await harness.play(playing({ ask: 'go on?' }, ...echoes, { wait: 'payment' }, { ask: 'done?' }), {
          continueAfterEvents: 20,
        });
        await harness.kernel.runUntilBlocked(runId);
        await harness.kernel.signal(runId, 'payment', { amount: 1 });
        await harness.kernel.resume(runId, 'yes');

        expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({ status: 'blocked' });
        await harness.mirror.mirror(runId);
        await harness.kernel.resume(runId, 'done');

        expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
        const origins = (await mirrored(harness, runId)).map(({ origin }) => origin.executionId);
        expect(new Set(origins).size).toBeGreaterThan(2);
        expect(await harness.kernel.state(runId)).toMatchObject({
          results: [0, 1, 2, 3, 4, 5, 6, 7, 8, { amount: 1 }],
          answers: ['yes', 'done'],
        });
      });
    });

    describe('given wrong input at the start', () => {
      test('when the initial state breaks the schema, then nothing is started', async () => {
        const runId = harness.newRunId();
        harness.forget(runId);

        await expect(harness.kernel.start('player', { runId, initialState: { script: 'no' } })).rejects.toMatchObject({
          code: 'InvalidInitialState',
          message: expect.stringContaining('script') as string,
        });

        await expect(harness.kernel.status(runId)).rejects.toMatchObject({ code: 'RunNotFound' });
      });

      test('when there is no initial state, then nothing is started', async () => {
        const start = harness.kernel.start('player', { initialState: undefined });

        await expect(start).rejects.toMatchObject({ code: 'InvalidInitialState' });
      });

      test('when it is started past the client, then the run fails and says why', async () => {
        const runId = harness.newRunId();
        harness.forget(runId);
        const { workflow } = harness.client;

        await workflow.start('player', { workflowId: runId, taskQueue: harness.taskQueue, args: [{ script: 7 }] });

        expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({
          status: 'failed',
          error: expect.stringContaining('the initial state of player is refused: script') as string,
        });
      });

      test('when the program is unknown, then the error names those that are known', async () => {
        await expect(harness.kernel.start('playr', { initialState: {} })).rejects.toMatchObject({
          code: 'UnknownProgram',
          message: expect.stringContaining('player') as string,
        });
      });

      test('when the run id is taken, then the run of that id is left alone', async () => {
        const runId = await harness.play(playing({ note: 1 }));

        await expect(harness.kernel.start('player', { runId, initialState: playing() })).rejects.toMatchObject({
          code: 'RunAlreadyStarted',
        });
        await harness.kernel.runUntilBlocked(runId);
        await expect(harness.kernel.start('player', { runId, initialState: playing() })).rejects.toMatchObject({
          code: 'RunAlreadyStarted',
        });
      });
    });

    describe('given a worker that went away', () => {
      test('when a run is asked, then the error says so; and when a worker is back, then the run is found blocked', async () => {
        const runId = await harness.play(playing({ ask: 'go on?' }));
        await harness.kernel.runUntilBlocked(runId);
        await harness.stopWorker();

        await expect(harness.kernel.status(runId)).rejects.toMatchObject({ code: 'WorkerUnavailable' });
        const waiting = harness.kernel.runUntilBlocked(runId);
        await harness.startWorker();

        expect(await waiting).toEqual(blocked(runId));
      });

      test('when a run is terminated before its first step, then it has ended with an empty log', async () => {
        await harness.stopWorker();
        const runId = await harness.play(playing({ note: 1 }));
        await harness.client.workflow.getHandle(runId).terminate();
        await harness.startWorker();

        expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({ status: 'failed', error: 'terminated' });
        expect(await harness.kernel.log(runId)).toEqual([]);
        await expect(harness.kernel.status(runId)).rejects.toMatchObject({ code: 'RunFinished' });
      });
    });

    describe('given a finished run', () => {
      test('when it is replayed from the start, and from a mirrored snapshot, then both give its state', async () => {
        const runId = await harness.play(playing({ ask: 1 }, { call: 'echo', input: 'x' }));
        await harness.kernel.runUntilBlocked(runId);
        await harness.mirror.mirror(runId);
        await harness.kernel.resume(runId, 'yes');
        await harness.kernel.runUntilBlocked(runId);

        const state = await harness.kernel.state(runId);
        expect(await harness.kernel.replay(runId)).toEqual(state);
        expect(await harness.kernel.replayFromSnapshot(runId)).toEqual(state);
        expect(await harness.kernel.runTimeline(runId)).toMatchObject({ finalStatus: { status: 'Completed' } });
      });
    });
  });
}

async function mirrored(harness: RunHarness, runId: string): ReturnType<RunHarness['store']['scanLog']> {
  await harness.mirror.mirror(runId);
  return await harness.store.scanLog(runId, 1);
}
