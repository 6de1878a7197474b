/** Random errands, and the people around them: who answers what, when, how often, and who interferes. */
import fc from 'fast-check';
import type { AskRules, Event, SequencedEvent } from '../../src/kernel';
import { isPlainObject } from '../../src/kernel';
import type { Errand } from '../support/clerk';

/** Something that somebody says to a run, or does to it. */
export type Said =
  | { readonly what: 'answer'; readonly by: string; readonly value: unknown; readonly id?: string }
  | { readonly what: 'signal'; readonly by: string; readonly value: unknown; readonly id?: string }
  | { readonly what: 'pause' | 'unpause' | 'steer' | 'cancel' | 'stale'; readonly by: string }
  | { readonly what: 'wait'; readonly millis: number };

/** A run, and what is said to it. */
export interface RandomErrands {
  readonly errands: readonly Errand[];
  readonly program: 'clerk' | 'headClerk';
  readonly cached: boolean;
  readonly continueAfterEvents: number | null;
  readonly said: readonly Said[];
}

/** People, and what they are. */
export const ROLES_OF: Readonly<Record<string, readonly string[]>> = {
  ann: ['finance'],
  bob: ['finance', 'lead'],
  cid: ['lead'],
  eve: [],
};

/** Who starts every run. */
export const STARTER = 'ann';

const person = fc.constantFrom(...Object.keys(ROLES_OF));

const rules: fc.Arbitrary<AskRules> = fc.constantFrom<AskRules>(
  {},
  { who: { roles: ['finance'] } },
  { who: { people: ['ann', 'bob', 'cid'] }, votes: 2 },
  { who: { roles: ['finance', 'lead'] }, votes: 2, notTheStarter: true },
  { notTheStarter: true, deadlineMs: 150 },
  { who: { people: ['bob'] }, deadlineMs: 120, escalations: [{ afterMs: 60, to: { roles: ['lead'] } }] },
);

const paying = fc.record({ amount: fc.constantFrom(50, 200, 300), rules }).map((input): Errand => {
  return { call: 'pay', input: input as never };
});
const doing = fc.oneof(
  paying as fc.Arbitrary<never>,
  fc.constantFrom(
    { call: 'echo', input: 'x' } as never,
    { call: 'slow', input: { millis: 30 } } as never,
    { sleep: 20 } as never,
  ),
);
const errand: fc.Arbitrary<Errand> = fc.oneof(
  paying,
  fc.array(doing, { minLength: 1, maxLength: 4 }).map((all): Errand => ({ all })),
  rules.map((given): Errand => ({ question: 'Where to?', rules: given })),
  rules.map((given): Errand => ({ choice: 'Which?', options: ['red', 'blue'], rules: given })),
  rules.map((given): Errand => ({ approval: 'May we?', rules: given })),
  fc.constantFrom<Errand>({ ask: 'sure?' }, { note: 'n' }, { call: 'failing', input: { message: 'no' } }),
);

const value = fc.constantFrom<unknown>(
  'approve',
  'deny',
  'red',
  'blue',
  { decision: 'approve', input: { amount: 150 } },
  7,
);
const id = fc.option(fc.constantFrom('i1', 'i2'), { nil: undefined, freq: 3 });
const said: fc.Arbitrary<Said> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom('answer' as const, 'signal' as const), person, value, id)
      .map(([what, by, given, named]) => ({ what, by, value: given, ...(named === undefined ? {} : { id: named }) })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('pause' as const, 'unpause' as const, 'steer' as const, 'stale' as const), person)
      .map(([what, by]) => ({ what, by })),
  },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 60 }).map((millis) => ({ what: 'wait' as const, millis })) },
);

export const randomErrands: fc.Arbitrary<RandomErrands> = fc.record({
  errands: fc.array(errand, { minLength: 1, maxLength: 6 }),
  program: fc.constantFrom('clerk', 'headClerk'),
  cached: fc.boolean(),
  continueAfterEvents: fc.constantFrom(null, null, 20),
  said: fc.tuple(fc.array(said, { maxLength: 16 }), fc.boolean()).map(([most, cancels]): Said[] => {
    return cancels && most.length > 12 ? [...most, { what: 'cancel', by: 'eve' }] : most;
  }),
});

/**
 * What is wrong with a log, read by itself: an action that was done without the approvals that it needs, or two results for one.
 * It knows nothing of how the kernel counts.
 */
export function wrongIn(log: readonly SequencedEvent[]): readonly string[] {
  const wrong: string[] = [];
  const results = new Map<string, string>();
  let approved: { readonly action: string; readonly outcome: string }[] = [];
  for (const { seq, event } of log) {
    if (event.type === 'ActionSucceeded' || event.type === 'ActionFailed') {
      if (results.has(event.actionId)) wrong.push(`seq ${seq}: ${event.actionId} has two results`);
      results.set(event.actionId, event.type);
    }
    const approval = memberOf(event, '$approval');
    if (approval !== null) {
      if (approval['outcome'] === 'approved' && !hasItsVotes(log, seq, approval))
        wrong.push(`seq ${seq}: too few votes`);
      approved.push({ action: JSON.stringify(approval['action']), outcome: String(approval['outcome']) });
    }
    // What the program hears changes what it wants: an approval from before is none any more.
    if (changesState(event)) approved = [];
    if (event.type !== 'ActionRequested' || !needsApproval(event)) continue;
    const payload = JSON.stringify(event.payload);
    const found = approved.findIndex(({ action }) => action === payload);
    if (found === -1) wrong.push(`seq ${seq}: ${payload} was not approved`);
    else if (approved[found]?.outcome === 'denied' && doneLater(log, event.actionId)) {
      wrong.push(`seq ${seq}: ${payload} was denied, and done`);
    }
    approved = approved.filter((_, index) => index !== found);
  }
  return wrong;
}

function changesState(event: Event): boolean {
  if (event.type === 'ActionRequested') return false;
  const betweenPeople = ['$ask', '$pause', '$approval', '$vote', '$escalated', '$unpause'];
  return !betweenPeople.some((tag) => memberOf(event, tag) !== null);
}

function needsApproval({ payload }: Extract<Event, { type: 'ActionRequested' }>): boolean {
  const call = isPlainObject(payload) ? payload['CallTool'] : null;
  if (!isPlainObject(call) || call['tool'] !== 'pay') return false;
  return (call['input'] as unknown as { amount: number }).amount > 100;
}

function doneLater(log: readonly SequencedEvent[], actionId: string): boolean {
  return log.some(({ event }) => event.type === 'ActionSucceeded' && event.actionId === actionId);
}

/** Whether as many different people as the ask wants, and only such as it wants, have said so since it was asked. */
function hasItsVotes(log: readonly SequencedEvent[], at: number, approval: Readonly<Record<string, unknown>>): boolean {
  const interruptId = String(approval['interruptId']);
  const asked = log[Number(interruptId.slice(interruptId.lastIndexOf('-') + 1)) - 1];
  const ask = asked === undefined ? null : (memberOf(asked.event, '$ask') as AskRules | null);
  if (asked === undefined || ask === null) return false;
  const votes = log
    .slice(asked.seq, at)
    .flatMap(({ event }) => [memberOf(event, '$vote'), memberOf(event, '$approval')?.['vote'] ?? null])
    .filter((vote) => vote !== null) as { by: string | null; value: { decision: string } }[];
  const yes = new Set(votes.filter((vote) => vote.value.decision === 'approve').map(({ by }) => by));
  if (yes.size < (ask.votes ?? 1)) return false;
  if (ask.notTheStarter === true && yes.has(STARTER)) return false;
  const escalated = log.slice(asked.seq, at).some(({ event }) => memberOf(event, '$escalated') !== null);
  const circles = [
    ...(ask.who === undefined ? [] : [ask.who]),
    ...(escalated ? (ask.escalations ?? []).map(({ to }) => to) : []),
  ];
  return [...yes].every(
    (by) =>
      circles.length === 0 ||
      circles.some(
        ({ people = [], roles = [] }) =>
          by !== null && (people.includes(by) || roles.some((role) => ROLES_OF[by]?.includes(role) === true)),
      ),
  );
}

function memberOf(event: Event, tag: string): Readonly<Record<string, unknown>> | null {
  if (event.type !== 'Resumed' && event.type !== 'Interrupted') return null;
  const { value: given } = event;
  return isPlainObject(given) && isPlainObject(given[tag]) ? given[tag] : null;
}
