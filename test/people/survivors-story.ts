/**
 * A story with two children and three approvals, in steps: one approval takes two votes, one is a child's, and one is the other
 * child's and goes to those to whom it is escalated. It goes the same way however long a step takes, and each step can be told
 * again: whoever tells it may lose the worker and the server between any two.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { InboxItem } from '../../src';
import { isKernelError, isPlainObject, type AskRules, type Event } from '../../src/kernel';
import { persistently } from '../chaos/persistently';
import { running, type Errand } from '../support/clerk';
import type { RunHarness } from '../support/run-harness';
import { ROLES_OF, STARTER } from './random-errands';

const ESCALATED_AFTER_MS = 700;
const LOOK_EVERY_MS = 100;

const paying = (amount: number, rules: AskRules = {}): Errand => ({ call: 'pay', input: { amount, rules } as never });
const child = (...errands: Errand[]): { call: string; input: never } => ({
  call: 'clerk',
  input: running(...errands) as never,
});

/** `bob` never answers the last one, so that it is for the leads to answer. */
const ERRANDS: readonly Errand[] = [
  paying(500, { who: { roles: ['finance'] }, votes: 2 }),
  {
    all: [
      child(paying(300), { note: 'left' }),
      child(
        paying(400, {
          who: { people: ['bob'] },
          escalations: [{ afterMs: ESCALATED_AFTER_MS, to: { roles: ['lead'] } }],
        }),
        { note: 'right' },
      ),
    ],
  },
  { note: 'all paid' },
];

/** The events of the run, of its left and of its right child. */
export const KINDS: readonly (readonly Event['type'][])[] = [
  [
    ...(['Interrupted', 'Resumed', 'Resumed', 'ActionRequested', 'ActionSucceeded'] as const),
    ...(['ActionRequested', 'ActionRequested', 'ActionSucceeded', 'ActionSucceeded'] as const),
    ...(['StateUpdated', 'Completed'] as const),
  ],
  ['Interrupted', 'Resumed', 'ActionRequested', 'ActionSucceeded', 'StateUpdated', 'Completed'],
  ['Interrupted', 'Resumed', 'Resumed', 'ActionRequested', 'ActionSucceeded', 'StateUpdated', 'Completed'],
];

/** What somebody said to a run, under an id. */
export interface Vote {
  readonly runId: string;
  readonly interruptId: string;
  readonly by: string;
  readonly id: string;
}

/** A step of the story. @returns what was said in it */
export interface Step {
  readonly name: string;
  readonly tell: (harness: RunHarness, runId: string) => Promise<Vote | null>;
}

export const STORY: readonly Step[] = [
  {
    name: 'the run is started',
    tell: async ({ kernel }, runId) => {
      await kernel.start('headClerk', { runId, initialState: running(...ERRANDS), startedBy: STARTER });
      return null;
    },
  },
  waiting('the run asks', (asked) => asked.length === 1),
  voting('the first of two votes is given', 'ann', 0),
  voting('the second of two votes is given', 'bob', 0),
  waiting('both children ask', (asked) => asked.length === 2),
  waiting('the right child’s question is escalated', (asked) => asked[1]?.ballot?.stage === 1),
  // It is the first question again when the left child has its answer.
  voting('a lead approves what the right child asks', 'cid', 1),
  voting('the left child’s question is answered', 'eve', 0),
  {
    name: 'the run ends',
    tell: async ({ kernel }, runId) => {
      await persistently(() => kernel.runUntilBlocked(runId));
      return null;
    },
  },
];

/** The children that the story's run has started, from its log. */
export function childrenIn(log: readonly { readonly event: Event }[]): readonly string[] {
  return log.flatMap(({ event }) => {
    if (event.type !== 'ActionRequested' || !isPlainObject(event.payload)) return [];
    const { CallTool: call } = event.payload;
    return isPlainObject(call) && call['tool'] === 'clerk' ? [event.actionId] : [];
  });
}

/** Says something under its id. Said twice, it counts once. */
export async function vote({ kernel }: RunHarness, { runId, interruptId, by, id }: Vote): Promise<void> {
  const roles = ROLES_OF[by] ?? [];
  await persistently(() => kernel.resume(runId, 'approve', { interruptId, by, roles, id }));
}

/** Waits until the inbox of the run is such. */
function waiting(name: string, isSuch: (asked: readonly InboxItem[]) => boolean): Step {
  return {
    name,
    tell: async (harness, runId) => {
      while (!isSuch(await inboxOf(harness, runId))) await pause(LOOK_EVERY_MS);
      return null;
    },
  };
}

/** Somebody approves what stands at this place in the inbox of the run. */
function voting(name: string, by: string, place: number): Step {
  return {
    name,
    tell: async (harness, runId) => {
      const item = (await inboxOf(harness, runId))[place];
      if (item === undefined) throw new Error(`${name}: nothing is asked`);
      const said = { runId, interruptId: item.id, by, id: `vote-${by}-${item.id}` };
      await vote(harness, said);
      return said;
    },
  };
}

/** What is asked now. A child that has its id, but no worker has begun it yet, asks nothing. */
async function inboxOf({ kernel }: RunHarness, runId: string): Promise<readonly InboxItem[]> {
  try {
    return await persistently(() => kernel.inbox(runId));
  } catch (error) {
    if (isKernelError(error, 'RunNotFound')) return [];
    throw error;
  }
}
