/** The runs whose histories are kept in this folder: together they have every event that a run can cause so far. */
import type { Client } from '@temporalio/client';
import type { KernelClient } from '../../src/client';
import type { DefinedProgram } from '../../src/kernel';
import { running } from '../support/clerk';
import { improved } from '../support/improved';
import { endlessAtWork, PLAYER_TOKENS_MAX, playing } from '../support/player';
import { PROGRAMS } from '../support/run-harness';
import { until } from '../support/until';

/** The programs of the recorded runs, in all versions that have runs. */
export const RECORDED_PROGRAMS: readonly DefinedProgram[] = [...PROGRAMS, improved(1), improved(2)];

/** The part of the outside: a client of the kernel, and the bare one. */
export interface Outside {
  readonly kernel: KernelClient;
  readonly client: Client;
}

export interface Recording {
  /** The run's id. */
  readonly name: string;
  readonly program: 'player' | 'sprinter' | 'improved' | 'clerk';
  readonly initialState: unknown;
  readonly options?: { readonly continueAfterEvents: number };
  /** Starts the run while no worker is there, where that matters. */
  readonly startWithoutWorker?: (outside: Outside, runId: string) => Promise<void>;
  /** A workflows file without the program: a worker with it fails the run's first workflow task. */
  readonly firstTaskFailsWith?: string;
  /** Whether the worker leaves tools to others. There are none. */
  readonly withoutTools?: boolean;
  /** Plays the part of the outside until the run is to be recorded. */
  readonly play: (outside: Outside, runId: string) => Promise<void>;
  /** Ids of runs that this one starts, which are recorded too. */
  readonly children?: readonly string[];
}

const untilBlocked = async ({ kernel }: Outside, runId: string): Promise<void> => {
  await kernel.runUntilBlocked(runId);
};

/** Whether the last of the payments is asked for. */
async function asksToPay({ kernel }: Outside, runId: string): Promise<boolean> {
  return JSON.stringify(await kernel.pendingInterrupt(runId)).includes('"amount":300');
}

const child = (...lines: Parameters<typeof playing>): { call: string; input: never } => {
  return { call: 'novice', input: playing(...lines) as never };
};

export const RECORDINGS: readonly Recording[] = [
  {
    name: 'tools-timers-answers',
    program: 'player',
    initialState: playing({ note: 'a' }, { call: 'flaky', input: { failures: 1 } }, { sleep: 5 }, { ask: 'go on?' }),
    play: async ({ kernel }, runId) => {
      await kernel.runUntilBlocked(runId);
      await kernel.resume(runId, { approve: true });
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'signals',
    program: 'player',
    initialState: playing({ ask: 1 }, { wait: 'payment' }, { wait: 'payment' }),
    play: async ({ kernel }, runId) => {
      await kernel.runUntilBlocked(runId);
      await kernel.signal(runId, 'payment', { amount: 1 });
      await kernel.signal(runId, 'payment', { amount: 'bad' });
      await kernel.signal(runId, 'undeclared', 'resumes');
      await kernel.runUntilBlocked(runId);
      await kernel.signal(runId, 'payment', { amount: 2 });
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'signals-at-once',
    program: 'player',
    initialState: playing({ wait: 'payment' }, { call: 'echo', input: 'between' }, { wait: 'payment' }),
    startWithoutWorker: async ({ client }, runId) => {
      const handle = client.workflow.getHandle(runId);
      await handle.signal('payment', { amount: 3 });
      await handle.signal('resume', 'early');
      await handle.signal('signal', { name: 'payment', value: { amount: 4 } });
      await handle.signal('payment', { amount: 5 });
    },
    play: untilBlocked,
  },
  {
    name: 'answers',
    program: 'player',
    initialState: playing({ ask: { question: 'go on?', options: ['yes', 'no'] } }, { ask: 2 }, { ask: 3 }),
    play: async ({ kernel, client }, runId) => {
      await kernel.runUntilBlocked(runId);
      await kernel.resume(runId, 4711).catch(() => undefined);
      await kernel.resume(runId, 'yes', { interruptId: `${runId}-77` }).catch(() => undefined);
      await kernel.resume(runId, 'yes');
      await kernel.runUntilBlocked(runId);
      await client.workflow.getHandle(runId).signal('resume', 'too late', { interruptId: `${runId}-1` });
      await client.workflow.getHandle(runId).signal('resume', { approve: false });
      await until(async () => (await kernel.pendingInterrupt(runId))?.value === 3);
      await kernel.resume(runId, { approve: true });
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'receipts',
    program: 'player',
    initialState: playing({ ask: 1 }, { ask: 2 }, { ask: 3 }, { call: 'echo', input: 'x' }, { ask: 4 }),
    play: async ({ kernel, client }, runId) => {
      await kernel.runUntilBlocked(runId);
      await kernel.resume(runId, 'its receipt vouches');
      // As plain clients answer: no receipt vouches, and a memo does.
      const { id: interruptId } = (await kernel.pendingInterrupt(runId)) as { readonly id: string };
      const args: [unknown] = [{ interruptId, value: 'its receipt does not' }];
      await client.workflow.getHandle(runId).executeUpdate('answer', { args, updateId: 'plain' });
      await kernel.resume(runId, 'a call comes next');
      await kernel.runUntilBlocked(runId);
      await kernel.resume(runId, 'the end comes next');
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'bursts',
    program: 'sprinter',
    initialState: playing(
      { call: 'echo', input: 1 },
      { call: 'flaky', input: { failures: 1 } },
      { call: 'peek', input: { a: 1 } },
      { sleep: 5 },
      { call: 'echo', input: 'between' },
      { ask: 'go on?' },
      { call: 'peek', input: [1, 2] },
      { call: 'echo', input: 'last' },
    ),
    play: async ({ kernel }, runId) => {
      await kernel.runUntilBlocked(runId);
      await kernel.resume(runId, 'yes');
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'continued-as-new',
    program: 'player',
    initialState: playing(...Array.from({ length: 8 }, (_, input) => ({ call: 'echo', input }))),
    options: { continueAfterEvents: 20 },
    play: untilBlocked,
  },
  {
    name: 'continued-with-signals',
    program: 'player',
    initialState: playing(
      { ask: 1 },
      ...Array.from({ length: 4 }, (_, n) => ({ call: 'echo', input: { n, text: 'grüße' } })),
      { wait: 'payment' },
      { note: ['noted', null, true] },
      { sleep: 2 },
      { wait: 'payment' },
      { call: 'echo', input: -0.5 },
    ),
    options: { continueAfterEvents: 20 },
    play: async ({ kernel }, runId) => {
      await kernel.runUntilBlocked(runId);
      await kernel.signal(runId, 'payment', { amount: 10 });
      await kernel.resume(runId, 'yes');
      await kernel.runUntilBlocked(runId);
      await kernel.signal(runId, 'payment', { amount: 11 });
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'people',
    program: 'clerk',
    initialState: running(
      { call: 'pay', input: { amount: 500, rules: { who: { roles: ['finance'] }, votes: 2 } } as never },
      { all: [{ call: 'echo', input: 'a' }, { sleep: 5 }, { call: 'pay', input: { amount: 200 } }] },
      { choice: 'Which?', options: ['red', 'blue'], rules: { deadlineMs: 200, otherwise: 'blue' } },
      { call: 'pay', input: { amount: 300 } },
      { question: 'Where to?', rules: { form: 'address' } as never },
    ),
    play: async (outside, runId) => {
      const { kernel, client } = outside;
      await untilBlocked(outside, runId);
      await kernel.resume(runId, 'approve', { by: 'ann', roles: ['finance'] });
      await client.workflow.getHandle(runId).signal('resume', 'approve', { by: 'eve' });
      const rules = { who: { roles: ['finance'] }, votes: 2 };
      const edited = { decision: 'approve', input: { amount: 400, rules } };
      await kernel.resume(runId, edited, { by: 'bob', roles: ['finance'] });
      await kernel.resume(runId, 'approve', { by: 'ann', roles: ['finance'] });
      await untilBlocked(outside, runId);
      await kernel.pause(runId, { by: 'ann', reason: 'lunch' });
      await kernel.steer(runId, 'be quick', { by: 'bob' });
      await kernel.resume(runId, { decision: 'approve', reason: 'it is little' }, { by: 'cid' });
      await untilBlocked(outside, runId);
      await kernel.unpause(runId, { by: 'ann' });
      await untilBlocked(outside, runId);
      await kernel.resume(runId, 'approve', { by: 'cid' });
      await until(async () => await asksToPay(outside, runId));
      await kernel.resume(runId, { decision: 'deny', reason: 'enough' }, { by: 'dan' });
      await untilBlocked(outside, runId);
      await kernel.resume(runId, { street: 'Long', town: 'Leeds' });
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'timers',
    program: 'player',
    initialState: playing({ sleep: 1 }, { sleep: 0 }, { sleep: 1_500 }, { wait: 'payment' }, { sleep: 3_600_000 }),
    play: async ({ kernel, client }, runId) => {
      // These come while a timer runs: two resumes that wait for it, and a signal that waits longer.
      await until(async () => (await kernel.status(runId)).head === 5);
      await client.workflow.getHandle(runId).signal('resume', 'one');
      await client.workflow.getHandle(runId).signal('resume', 'two');
      await kernel.signal(runId, 'payment', { amount: 1 });
      await until(async () => (await kernel.status(runId)).head === 11);
      await kernel.cancel(runId);
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'failed',
    program: 'player',
    initialState: playing({ call: 'failing', input: { message: 'no such account' } }),
    play: untilBlocked,
  },
  {
    name: 'timed-out',
    program: 'player',
    initialState: playing({ note: 1 }, { call: 'elsewhere' }),
    withoutTools: true,
    play: untilBlocked,
  },
  {
    name: 'denied',
    program: 'player',
    initialState: playing({ note: 1 }, { call: 'forbidden' }),
    play: untilBlocked,
  },
  {
    name: 'budget',
    program: 'player',
    initialState: playing({ prompt: { tokens: PLAYER_TOKENS_MAX } }, { prompt: { tokens: 1 } }),
    play: untilBlocked,
  },
  {
    name: 'cancelled',
    program: 'player',
    initialState: playing({ ask: 1 }, { sleep: 3_600_000 }),
    play: async ({ kernel }, runId) => {
      await kernel.runUntilBlocked(runId);
      await kernel.resume(runId, 'yes');
      await kernel.cancel(runId);
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'cancelled-at-work',
    program: 'player',
    initialState: playing({ call: 'echo', input: [1, [2, { deep: 'x' }]] }, { call: 'endless' }),
    play: async ({ kernel }, runId) => {
      await until(() => endlessAtWork(`${runId}-3`));
      await kernel.cancel(runId);
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'child',
    program: 'player',
    initialState: playing(child({ call: 'echo', input: 'x' }, { note: 1 }), { call: 'echo', input: 'after' }),
    play: untilBlocked,
    children: ['child-1'],
  },
  {
    name: 'child-fails',
    program: 'player',
    initialState: playing(child({ call: 'failing', input: { message: 'out of tea' } })),
    play: untilBlocked,
  },
  {
    name: 'child-cancelled',
    program: 'player',
    initialState: playing(child({ call: 'endless' })),
    play: async ({ kernel }, runId) => {
      await until(() => endlessAtWork(`${runId}-1-1`));
      await kernel.cancel(runId);
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'version-2',
    program: 'improved',
    initialState: {},
    play: async ({ kernel }, runId) => {
      while ((await kernel.runUntilBlocked(runId)).status === 'blocked') await kernel.resume(runId, 'yes');
    },
  },
  {
    name: 'task-failed',
    program: 'player',
    initialState: playing({ call: 'echo', input: 1 }, { ask: 1 }),
    firstTaskFailsWith: '../support/workflows-first',
    play: async ({ kernel }, runId) => {
      await kernel.runUntilBlocked(runId);
      await kernel.signal(runId, 'resume', 'yes');
      await kernel.runUntilBlocked(runId);
    },
  },
  {
    name: 'terminated',
    program: 'player',
    initialState: playing({ call: 'echo', input: { a: 1 } }, { ask: 1 }),
    play: async ({ kernel, client }, runId) => {
      await kernel.runUntilBlocked(runId);
      await client.workflow.getHandle(runId).terminate('recorded');
    },
  },
  {
    name: 'running',
    program: 'player',
    initialState: playing({ call: 'echo', input: { a: 1 } }, { wait: 'payment' }, { note: 'paid' }, { ask: 1 }),
    play: async ({ kernel }, runId) => {
      await kernel.runUntilBlocked(runId);
      await kernel.signal(runId, 'payment', { amount: 1 });
      await kernel.runUntilBlocked(runId);
    },
  },
];
