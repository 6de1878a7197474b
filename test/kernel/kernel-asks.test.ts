import { z } from 'zod';
import type { Action, ActionResult } from '../../src/kernel/action';
import type { ActionExecutor } from '../../src/kernel/action-executor';
import { question, type AskRules } from '../../src/kernel/ask';
import type { Event } from '../../src/kernel/event';
import type { EventStore } from '../../src/kernel/event-store';
import { sequencedEventText } from '../../src/kernel/event-wire';
import { Kernel, type KernelParts, type Signal } from '../../src/kernel/kernel';
import { allowAll, withApproval, type Policy } from '../../src/kernel/policy';
import type { RunStatus } from '../../src/kernel/run-status';
import type { SnapshotStore } from '../../src/kernel/snapshot';
import { all, callTool, interrupt, update, type Next } from '../../src/kernel/step';
import { MemoryStore } from '../../src/stores/memory-store';
import { kernelError } from './kernel-error-matcher';
import { event, RUN } from './machine-specification';
import { elapsed, logged, says, verdict } from './said';
import { lines, scriptProgram, START } from './script-program';

const RULES: AskRules = { votes: 2, notTheStarter: true, deadlineMs: 5 };

function guarded(script: readonly Next[], rules: AskRules = RULES) {
  const policy = withApproval(allowAll(), { tools: { echo: { reason: 'it echoes', rules } } });
  return scriptProgram(script, { policy, steering: z.json(), onActionFailed: 'continue' });
}

/** An executor that does what it is told at once, and remembers it. */
class Doer implements ActionExecutor {
  readonly done: string[] = [];
  readonly #result: (action: Action) => ActionResult | Promise<ActionResult>;

  constructor(
    result: (action: Action) => ActionResult | Promise<ActionResult> = () => ({ type: 'success', output: 1 }),
  ) {
    this.#result = result;
  }

  async execute(_: string, action: Action, actionId: string): Promise<ActionResult> {
    this.done.push(actionId);
    return await this.#result(action);
  }
}

function setUp(script: readonly Next[], parts: Partial<KernelParts> = {}) {
  const store = new MemoryStore();
  const doer = new Doer();
  const startedBy = (): string => 'sue';
  const kernel = new Kernel({ program: guarded(script), events: store, executor: doer, startedBy, ...parts });
  const start = (): Promise<RunStatus> => kernel.runUntilBlocked(RUN, START);
  const tell = (input: unknown): Promise<RunStatus> => kernel.resume(RUN, START, input as Signal);
  return { store, doer, kernel, start, tell };
}

async function eventsOf(store: EventStore): Promise<Event[]> {
  return (await store.scan(RUN, 1)).map((sequenced) => sequenced.event);
}

describe('actions at once', () => {
  test('given several actions, then all are under way before the first has ended, and the log is in their order', async () => {
    const waiting: (() => void)[] = [];
    const executor = new Doer(
      (action) =>
        new Promise((resolve) => {
          waiting.push(() => {
            resolve({ type: 'success', output: (action as { readonly input: number }).input });
          });
          // The last one to come lets all go, from the last to the first.
          if (waiting.length === 3) for (const go of waiting.toReversed()) go();
        }),
    );
    const { store, start } = setUp([all(callTool('count', 1), callTool('count', 2), callTool('count', 3))], {
      executor,
    });
    expect(await start()).toEqual({ status: 'completed' });
    expect((await eventsOf(store)).slice(3)).toEqual([
      event.succeeded(1, 1),
      event.succeeded(2, 2),
      event.succeeded(3, 3),
      event.completed,
    ]);
  });

  test('given one that can’t be decided about, then the others are waited for before the error is told', async () => {
    let ended = 0;
    const executor = new Doer(async (action) => {
      if ((action as { readonly input: number }).input === 1) throw new Error('down');
      await new Promise((resolve) => setImmediate(resolve));
      ended += 1;
      return { type: 'success', output: 2 };
    });
    const broken: Policy = {
      ...allowAll(),
      retryStrategyAttempt: () => {
        throw new Error('no idea');
      },
    };
    const program = scriptProgram([all(callTool('count', 1), callTool('count', 2))], { policy: broken });
    const { start } = setUp([], { executor, program });
    await expect(start()).rejects.toThrow('no idea');
    expect(ended).toBe(1);
  });

  test('given one that people denied beside one that is allowed, then it is never executed', async () => {
    const { store, doer, start, tell } = setUp([all(callTool('echo', 1), callTool('count', 2))]);
    await start();
    await tell(says('ann', 'deny', 1));
    expect(doer.done).toEqual(['run-4']);
    expect((await eventsOf(store)).slice(2)).toEqual([
      event.tool(3, 'echo', 1),
      event.tool(4, 'count', 2),
      event.failed(3, 'denied by ann'),
      event.succeeded(4, 1),
      event.completed,
    ]);
  });

  test('given a log that was cut off behind a denied request, when it is driven on, then it ends, and nothing is executed', async () => {
    const { store, doer, start } = setUp([callTool('echo', 1)]);
    await store.append(RUN, [
      logged.asks(1, 'it echoes', RULES),
      logged.approval(1, 'denied', 1, ['ann', verdict('deny')]),
      event.tool(3, 'echo', 1),
    ]);
    expect(await start()).toEqual({ status: 'completed' });
    expect(doer.done).toEqual([]);
    expect((await eventsOf(store)).slice(3)).toEqual([event.failed(3, 'denied by ann'), event.completed]);
  });
});

describe('asks', () => {
  test('given a quorum with dual control, then votes are kept in the log from call to call', async () => {
    const { store, doer, kernel, start, tell } = setUp([callTool('echo', 1)]);
    expect((await start()).status).toBe('blocked');
    await expect(tell(says('sue', 'approve', 1))).rejects.toThrow(kernelError('NotAuthorized'));
    expect((await tell(says('ann', 'approve', 1))).status).toBe('blocked');
    await expect(tell(says('ann', 'approve', 1))).rejects.toThrow(kernelError('AlreadyVoted'));
    expect(await tell(says('bob', 'approve', 1))).toEqual({ status: 'completed' });
    expect(doer.done).toEqual(['run-4']);
    expect((await kernel.runTimeline(RUN)).finalStatus).toEqual({ status: 'Completed' });
    const verifier = setUp([callTool('echo', 1)], { events: store, mode: 'Verify' });
    expect(await verifier.start()).toEqual({ status: 'completed' });
  });

  test('given a kernel that does not know who started a run, then dual control lets nobody answer', async () => {
    const { start, tell } = setUp([question('why?', { notTheStarter: true })], { startedBy: () => null });
    await start();
    await expect(tell(says('ann', 1, 1))).rejects.toThrow(kernelError('NotAuthorized'));
  });

  test('given an ask between two votes, then its timeline says that it is still blocked', async () => {
    const { kernel, start, tell } = setUp([question('why?', { votes: 2 })]);
    await start();
    await tell(says('ann', 1, 1));
    expect((await kernel.runTimeline(RUN)).finalStatus).toEqual({ status: 'Blocked', interrupt: true });
  });

  test('given the moment of an ask, then who drives the kernel says when it has come', async () => {
    const { store, start, tell } = setUp([question('why?', { deadlineMs: 5, otherwise: 'so' })]);
    await start();
    expect(await tell(elapsed(1, 0))).toEqual({ status: 'completed' });
    expect((await eventsOf(store))[1]).toEqual(
      logged.decision(1, 'expired', 'so', null, { reason: 'nobody answered in time' }),
    );
  });
});

describe('pauses and messages', () => {
  test('given a paused run, then it is paused for every kernel, until one ends it', async () => {
    const { store, kernel, start, tell } = setUp([interrupt('go on?'), update(1)]);
    await start();
    await tell({ type: 'resume', value: 'yes' });
    expect((await eventsOf(store)).map(({ type }) => type).join(' ')).toBe(
      'Interrupted Resumed StateUpdated Completed',
    );
    const other = setUp([update(1)]);
    await other.store.append(RUN, [logged.pause('ann', 'lunch')]);
    expect(await other.start()).toEqual({ status: 'paused', by: 'ann', reason: 'lunch' });
    expect(await other.tell({ type: 'unpause' })).toEqual({ status: 'completed' });
    expect((await kernel.runTimeline(RUN)).finalStatus).toEqual({ status: 'Completed' });
  });

  test.each<[string, unknown]>([
    ['a message', { type: 'steer', message: 'left' }],
    ['a pause', { type: 'pause' }],
    ['an early signal', { type: 'signal', name: 'go', value: 1 }],
  ])(
    'given %s for a run that waits for an answer, then it is refused, because no log would keep it',
    async (_, input) => {
      const { store, start, tell } = setUp([question('why?')]);
      await start();
      await expect(tell(input)).rejects.toThrow(kernelError('Driver'));
      expect(await store.head(RUN)).toBe(1);
      expect(await tell(says('ann', 1, 1))).toEqual({ status: 'completed' });
    },
  );
});

describe('crashes', () => {
  const SCRIPT = lines(
    all(callTool('echo', 1), callTool('count', 2), callTool('echo', 3)),
    question('why?', { votes: 2 }),
    all(callTool('count', 4), callTool('count', 5)),
    callTool('echo', 6),
  );
  const TOLD: readonly Signal[] = [
    says('ann', 'deny', 1),
    says('ann', { decision: 'approve', input: 7 }, 3),
    says('cyd', 'approve', 3),
    says('ann', 'so', 12),
    says('bob', 'so', 12),
    elapsed(19, 0),
  ] as Signal[];
  const executor = (): Doer =>
    new Doer((action) => {
      const { input } = action as { readonly input: number };
      return input === 4 ? { type: 'failure', error: 'boom' } : { type: 'success', output: input };
    });

  /** Drives the run through all that it is told; after a crash another kernel goes on with what is in the store. */
  async function drive(kernel: () => Kernel, crashed: () => boolean): Promise<RunStatus> {
    const calls = [
      (one: Kernel) => one.runUntilBlocked(RUN, START),
      ...TOLD.map((signal) => (one: Kernel) => one.resume(RUN, START, signal)),
    ];
    let status: RunStatus | null = null;
    for (const call of calls) {
      try {
        status = await call(kernel());
      } catch (error) {
        if (!crashed()) throw error;
        // Whoever crashed does not know what is in: the next one looks.
        status = await kernel().runUntilBlocked(RUN, START);
      }
    }
    return status as RunStatus;
  }

  async function textOf(store: MemoryStore): Promise<string> {
    return (await store.scan(RUN, 1)).map(sequencedEventText).join('\n');
  }

  async function undisturbed(): Promise<string> {
    const store = new MemoryStore();
    const program = guarded(SCRIPT);
    const kernel = new Kernel({ program, events: store, executor: executor(), startedBy: () => 'sue' });
    expect(
      await drive(
        () => kernel,
        () => false,
      ),
    ).toEqual({ status: 'completed' });
    return await textOf(store);
  }

  test('given the whole run, then its log is this', async () => {
    const kinds = (await undisturbed()).split('\n').map((line) => /"event":[{]?"([A-Za-z]+)"/.exec(line)?.[1]);
    expect(kinds.join(' ')).toBe(
      'Interrupted Resumed Interrupted Resumed Resumed ' +
        'ActionRequested ActionRequested ActionRequested ActionFailed ActionSucceeded ActionSucceeded ' +
        'Interrupted Resumed Resumed ActionRequested ActionRequested ActionFailed ActionSucceeded ' +
        'Interrupted Resumed ActionRequested ActionFailed Completed',
    );
  });

  test.each<[string, boolean]>([
    ['without snapshots', false],
    ['with snapshots', true],
  ])('given a crash behind any one write, %s, then another kernel goes on to the same log', async (_, hasSnapshots) => {
    const whole = await undisturbed();
    const appended = 23;
    let crashes = 0;
    for (let crashAt = 1; crashAt <= (hasSnapshots ? 2 * appended : appended); crashAt += 1) {
      const store = new MemoryStore();
      let writes = 0;
      const crash = async <T>(write: Promise<T>): Promise<T> => {
        const written = await write;
        writes += 1;
        if (writes === crashAt) throw new Error('crash');
        return written;
      };
      const events: EventStore = {
        append: (...of) => crash(store.append(...of)),
        scan: (...of) => store.scan(...of),
        head: (...of) => store.head(...of),
      };
      const snapshots: SnapshotStore = {
        save: (snapshot) => crash(store.save(snapshot)),
        loadLatest: (runId) => store.loadLatest(runId),
        prune: (...of) => store.prune(...of),
      };
      const parts = { program: guarded(SCRIPT), events, executor: executor(), startedBy: () => 'sue' };
      const seen = { crash: false };
      const status = await drive(
        () => new Kernel({ ...parts, ...(hasSnapshots ? { snapshots } : {}) }),
        () => {
          const first = !seen.crash && writes >= crashAt;
          seen.crash ||= first;
          return first;
        },
      );
      expect(status).toEqual({ status: 'completed' });
      expect(await textOf(store)).toBe(whole);
      crashes += seen.crash ? 1 : 0;
    }
    expect(crashes).toBeGreaterThan(10);
  });

  test('given a run that failed beside a success, when it is looked at again from its snapshot, then it has still failed', async () => {
    const store = new MemoryStore();
    const program = scriptProgram([all(callTool('count', 4), callTool('count', 5))]);
    const kernel = new Kernel({ program, events: store, snapshots: store, executor: executor() });
    const failed = { status: 'failed', recoverable: false, error: 'boom' };
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual(failed);
    expect(await store.loadLatest(RUN)).toMatchObject({ atSeq: 4 });
    expect(await kernel.runUntilBlocked(RUN, START)).toEqual(failed);
    expect((await kernel.runTimeline(RUN)).finalStatus).toEqual({ status: 'Failed', recoverable: false });
  });

  test('given an approval and a pause behind it, when the run goes on from its snapshot, then the approval still counts', async () => {
    const store = new MemoryStore();
    const doer = new Doer();
    const program = guarded([callTool('echo', 1)], {});
    await store.append(RUN, [
      logged.asks(1, 'it echoes'),
      logged.approval(1, 'approved', 1, ['ann', verdict('approve')]),
      logged.pause(),
    ]);
    await store.save({ runId: RUN, atSeq: 3, state: { at: 0, seen: [] } });
    const kernel = new Kernel({ program, events: store, snapshots: store, executor: doer });
    expect(await kernel.resume(RUN, START, { type: 'unpause' })).toEqual({ status: 'completed' });
    expect(doer.done).toEqual(['run-5']);
  });
});
