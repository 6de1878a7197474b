/** Runs whose short calls are done in bursts: their logs are those of runs without, and what comes meanwhile is heard behind them. */
import fc from 'fast-check';
import { sequencedEventText, type RunStatus } from '../../src/kernel';
import { openGate, somebodyAt } from '../support/gates';
import { playing, type Line } from '../support/player';
import { RunHarness, type HarnessOptions } from '../support/run-harness';
import { until } from '../support/until';
import { harmlessScript } from './random-programs';

const echoes = (count: number): Line[] => Array.from({ length: count }, (_, input) => ({ call: 'echo', input }));

const RANDOM_SCRIPTS = 20;

/** What a run came to, in all that must be the same with bursts and without. */
interface Outcome {
  readonly log: readonly string[];
  readonly state: unknown;
  readonly status: RunStatus;
}

describe.each<[string, HarnessOptions]>([
  ['kept between its tasks', {}],
  ['replayed at every task', { maxCachedWorkflows: 0 }],
])('given a run that is %s', (_name, options) => {
  let harness: RunHarness;
  beforeAll(async () => {
    harness = await RunHarness.open(options);
    await harness.startWorker();
  });
  // The central check: for every run of every test, the three logs are equal byte for byte.
  afterEach(() => harness.checkRuns());
  afterAll(() => harness.close());

  const outcomeOf = async (runId: string): Promise<Outcome> => {
    const status = await harness.kernel.runUntilBlocked(runId);
    const log = (await harness.kernel.log(runId)).map(({ eventIndex, event, stateHash, hash }) => {
      return `${sequencedEventText({ seq: eventIndex, event })} ${stateHash} ${hash}`;
    });
    return { log, state: await harness.kernel.state(runId), status };
  };

  /** The types of the activities that a run has begun. */
  const activitiesOf = async (runId: string): Promise<string[]> => {
    const { events } = await harness.client.workflow.getHandle(runId).fetchHistory();
    return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => {
      return scheduled?.activityType?.name ?? [];
    });
  };

  /** Ends what waits for somebody. */
  const end = async (runId: string, { status }: Outcome): Promise<void> => {
    if (status.status !== 'blocked') return;
    await harness.kernel.cancel(runId);
    await harness.kernel.runUntilBlocked(runId);
  };

  /** Runs a script twice under one id, the second time in bursts, and gives the activities of the second. What blocks is cancelled. */
  const twice = async (
    lines: readonly Line[],
    more: { readonly continueAfterEvents?: number } = {},
  ): Promise<{ readonly outcome: Outcome; readonly activities: readonly string[] }> => {
    const runId = harness.newRunId();
    const initialState = playing(...lines);
    await harness.kernel.start('sprinter', { runId, initialState, ...more, bursts: false });
    const without = await outcomeOf(runId);
    expect(await activitiesOf(runId)).not.toContain('burst');
    await end(runId, without);
    await harness.client.workflow.start('sprinter', {
      workflowId: runId,
      taskQueue: harness.taskQueue,
      args: [initialState, more],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    });
    const outcome = await outcomeOf(runId);
    expect(outcome).toEqual(without);
    await end(runId, outcome);
    return { outcome, activities: await activitiesOf(runId) };
  };

  test('when short calls follow on each other, then one activity does them, and what is not short ends it', async () => {
    const { activities } = await twice([
      ...echoes(5),
      { note: 'x' },
      { notes: [1, 2] },
      { call: 'peek', input: 'seen' },
      { call: 'peek', input: 'seen again' },
      ...echoes(2),
      { prompt: { tokens: 1 } },
      ...echoes(2),
      { sleep: 5 },
      { call: 'talkative' },
      { call: 'slow', input: { millis: 1 } },
      { call: 'echo', input: 'grüße' },
    ]);

    expect(activities).toEqual(['burst', 'oracle', 'burst', 'burst', 'slow', 'burst']);
  });

  test(`when ${RANDOM_SCRIPTS} random scripts are played, then each comes to the same as without bursts`, async () => {
    const seed = Date.now();
    const scripts = fc.sample(harmlessScript, { numRuns: RANDOM_SCRIPTS, seed });
    const inBursts = await Promise.all(
      scripts.map(async (script) => {
        try {
          return (await twice(script)).activities.includes('burst');
        } catch (error) {
          throw new Error(`with seed ${seed}, for ${JSON.stringify(script)}: ${String(error)}`, { cause: error });
        }
      }),
    );
    expect(inBursts).toContain(true);
  });

  test('when bursts have ended, then the result of each says what ran in it, and of the last the details of the run too', async () => {
    const runId = harness.newRunId();
    const initialState = playing(
      ...echoes(3),
      { sleep: 1 },
      ...echoes(2),
      { call: 'peek', input: 1 },
      { call: 'peek', input: 2 },
      { ask: 'go on?' },
    );
    await harness.kernel.start('sprinter', { runId, initialState });
    await harness.kernel.runUntilBlocked(runId);

    const { events } = await harness.client.workflow.getHandle(runId).fetchHistory();
    const results = (events ?? []).flatMap(({ activityTaskCompletedEventAttributes: completed }) => {
      return (completed?.result?.payloads ?? []).map(({ data }) => Buffer.from(data ?? []).toString());
    });
    // What a person sees first of a payload is its beginning.
    expect(results).toEqual([
      expect.stringMatching(/^\{"ran":\{"echo":3\},/),
      expect.stringMatching(/^\{"ran":\{"echo":2,"peek":2\},/),
    ]);

    const shown = await harness.client.workflow.getHandle(runId).query('__temporal_workflow_metadata');

    const { currentDetails } = shown as { readonly currentDetails: string };
    expect(currentDetails).toMatch(/^Event 17: .*\n\nThe last burst ran echo 0, echo 1, peek ×2$/s);
    await harness.kernel.cancel(runId);
  });

  test('when short calls are tried again at once, then that happens in the burst, and attempts are counted as ever', async () => {
    const { outcome, activities } = await twice([
      ...echoes(1),
      { call: 'flaky', input: { failures: 2 } },
      { call: 'limited' },
      { call: 'shaky', input: { failures: 3 } },
      ...echoes(1),
    ]);

    expect(activities).toEqual(['burst']);
    expect(outcome.state).toMatchObject({ results: [0, { attempt: 3 }, 2, { attempt: 4 }, 0] });
  });

  test('when a short call is to wait longer than a burst may, then it goes on by itself, with its attempts counted on', async () => {
    const { outcome, activities } = await twice([
      ...echoes(1),
      { call: 'busy', input: { times: 1 } },
      ...echoes(1),
      { call: 'busy', input: { times: 2 } },
    ]);

    expect(activities).toEqual(['burst', 'busy', 'burst', 'busy']);
    expect(outcome.state).toMatchObject({ results: [0, { attempt: 2 }, 0, { attempt: 3 }] });
  });

  test('when runs end in all the ways that there are, then they end as they do without bursts', async () => {
    const ends: readonly Line[] = [
      { call: 'failing', input: { message: 'no such account' } },
      { call: 'flaky', input: { failures: 9 } },
      { call: 'wrong' },
      { call: 'unwritable' },
      { call: 'late' },
      { call: 'forbidden' },
      { call: 'elsewhere' },
      { prompt: { tokens: 101 } },
    ];

    await Promise.all(ends.map((line) => twice([...echoes(2), line, { prompt: { tokens: 1 } }])));
  });

  test('when the run continues as new, then that happens between bursts', async () => {
    const lines = Array.from({ length: 4 }, (): Line[] => [...echoes(2), { sleep: 1 }]).flat();

    await twice(lines, { continueAfterEvents: 20 });
  });

  test('when somebody speaks while a burst is under way, then that is heard behind its last call', async () => {
    const runId = harness.newRunId();
    const initialState = playing(...echoes(2), { call: 'gated', input: runId }, ...echoes(5));
    await harness.kernel.start('sprinter', { runId, initialState });
    await somebodyAt(runId);
    const handle = harness.client.workflow.getHandle(runId);
    await handle.signal('resume', 'one');
    await handle.signal('payment', { amount: 1 });
    await harness.kernel.pause(runId, { by: 'ann', reason: 'lunch' });
    await handle.signal('resume', 'two');
    openGate(runId);
    await until(async () => (await harness.kernel.status(runId)).status.status === 'paused');
    await harness.kernel.unpause(runId, { by: 'ann' });

    expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });

    const kinds = (await harness.kernel.log(runId)).map(({ event }) => event.type);
    const heard = kinds.indexOf('Resumed');
    expect(heard).toBeGreaterThanOrEqual(6);
    expect(kinds.slice(heard, heard + 4)).toEqual(['Resumed', 'Resumed', 'Interrupted', 'Resumed']);
    expect(kinds.filter((kind) => kind === 'ActionSucceeded')).toHaveLength(8);
  });

  test('when somebody looks while a burst is under way, then what it did is to be seen, and is what the log will have', async () => {
    const runId = harness.newRunId();
    const initialState = playing(...echoes(2), { call: 'gated', input: runId }, ...echoes(1));
    await harness.kernel.start('sprinter', { runId, initialState });
    await somebodyAt(runId);

    const burst = await harness.mirror.burstUnderWay(runId);
    const { raw } = await harness.client.workflow.getHandle(runId).describe();
    const { head } = await harness.mirror.mirror(runId);
    openGate(runId);

    expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    const log = await harness.kernel.log(runId);
    const seen = burst?.entries.map(({ eventIndex, hash }) => ({ eventIndex, hash }));
    const [journal] = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? [];
    expect(Buffer.from(journal?.data ?? []).toString()).toMatch(/^\{"ran":\{"echo":2\},/);
    expect(head).toBe(1);
    expect(burst?.historyEventId).toBe(5);
    expect(seen).toEqual(log.slice(1, 4).map(({ eventIndex, hash }) => ({ eventIndex, hash })));
    expect(await harness.mirror.burstUnderWay(runId)).toBeNull();
  });

  test('when a run is cancelled while a burst is under way, then what it did is in the log, and nothing comes behind it', async () => {
    const runId = harness.newRunId();
    const initialState = playing(...echoes(2), { call: 'gated', input: runId }, ...echoes(300));
    await harness.kernel.start('sprinter', { runId, initialState });
    await somebodyAt(runId);
    await harness.kernel.cancel(runId);
    openGate(runId);

    expect(await harness.kernel.runUntilBlocked(runId)).toMatchObject({ status: 'cancelled' });

    const kinds = (await harness.kernel.log(runId)).map(({ event }) => event.type);
    expect(kinds.at(-1)).toBe('ActionSucceeded');
    expect(kinds.length).toBeGreaterThanOrEqual(6);
    expect(kinds.length).toBeLessThan(600);
  });

  if (options.maxCachedWorkflows === 0) return;

  test('when a burst has more calls than one may have, then another goes on', async () => {
    const runId = harness.newRunId();
    await harness.kernel.start('sprinter', { runId, initialState: playing(...echoes(210)) });

    const { log, state } = await outcomeOf(runId);

    expect(log).toHaveLength(421);
    expect(state).toMatchObject({ results: Array.from({ length: 210 }, (_, index) => index) });
    expect(new Set(await activitiesOf(runId))).toEqual(new Set(['burst']));
    expect((await activitiesOf(runId)).length).toBeGreaterThan(1);
  });

  test('when results or the state are large, then bursts are left, and nothing is lost', async () => {
    const large = 'x'.repeat(30_000);

    const { activities } = await twice(Array.from({ length: 3 }, (_, n) => ({ call: 'echo', input: `${n}${large}` })));

    expect(new Set(activities)).toEqual(new Set(['echo']));
  });
});

describe('given a worker whose bursts have three calls at most', () => {
  let harness: RunHarness;
  beforeAll(async () => {
    harness = await RunHarness.open({ bursts: { calls: 3 } });
    await harness.startWorker();
  });
  afterEach(() => harness.checkRuns());
  afterAll(() => harness.close());

  test('when seven short calls follow on each other, then they are three bursts', async () => {
    const runId = harness.newRunId();
    await harness.kernel.start('sprinter', { runId, initialState: playing(...echoes(7)) });
    expect(await harness.kernel.runUntilBlocked(runId)).toEqual({ status: 'completed' });
    const { events } = await harness.client.workflow.getHandle(runId).fetchHistory();
    const begun = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => {
      return scheduled?.activityType?.name ?? [];
    });
    expect(begun).toEqual(['burst', 'burst', 'burst']);
  });
});
