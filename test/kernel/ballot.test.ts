import type { Ask } from '../../src/kernel/ask';
import {
  alarmOf,
  barOf,
  editedAction,
  expiryOf,
  isDeadline,
  openBallot,
  settlementOf,
  verdictOf,
  withVote,
  type Ballot,
  type Bar,
  type Settlement,
} from '../../src/kernel/ballot';
import type { Json } from '../../src/kernel/json';
import type { Vote } from '../../src/kernel/resumption';
import { readVerdict } from '../../src/kernel/verdict';
import { kernelError } from './kernel-error-matcher';

const QUESTION: Ask = { kind: 'question', asker: 'program', question: 'why?' };
const PAY = { CallTool: { input: 7, tool: 'pay' } };
const PAY_LESS = { CallTool: { input: 5, tool: 'pay' } };
const APPROVAL: Ask = { kind: 'approval', asker: 'policy', question: 'may it?', action: PAY };
const PEOPLE = { people: ['ann', 'bob', 'cyd'] };

const vote = (by: string | null, value: Json, roles: readonly string[] = []): Vote => ({ by, roles, value });
const yes = (by: string, reason: string | null = null): Vote => vote(by, { decision: 'approve', reason });
const no = (by: string, reason: string | null = null): Vote => vote(by, { decision: 'deny', reason });
const edit = (by: string, input: Json): Vote => vote(by, { decision: 'approve', reason: null, input });

function after(ask: Ask, ...votes: readonly Vote[]): Ballot {
  return votes.reduce(withVote, openBallot(ask));
}

function settled(ask: Ask, votes: readonly Vote[], starter: string | null = null): Settlement | null {
  return settlementOf(after(ask, ...votes), starter);
}

function barFor(ballot: Ballot, by: string | null, roles: readonly string[] = [], starter = 'sue'): Bar['code'] | null {
  return barOf(ballot, starter, { by, roles })?.code ?? null;
}

describe('who may answer', () => {
  test('given an ask of anybody, then anybody may, even nobody in particular', () => {
    expect(barFor(openBallot(QUESTION), null)).toBeNull();
    expect(barFor(openBallot(QUESTION), 'ann')).toBeNull();
  });

  test.each<[string, Partial<Ask>]>([
    ['people', { who: PEOPLE }],
    ['a role', { who: { roles: ['cook'] } }],
    ['two votes', { votes: 2 }],
    ['another than the starter', { notTheStarter: true }],
  ])('given an ask of %s, then who does not say who they are may not', (_, rules) => {
    expect(barFor(openBallot({ ...QUESTION, ...rules }), null, ['cook'])).toBe('NotAuthorized');
  });

  test('given an ask of people and roles, then either of them may, and no others', () => {
    const ballot = openBallot({ ...QUESTION, who: { people: ['ann'], roles: ['cook'] } });
    expect(barFor(ballot, 'ann')).toBeNull();
    expect(barFor(ballot, 'eve', ['guest', 'cook'])).toBeNull();
    expect(barFor(ballot, 'eve', ['guest'])).toBe('NotAuthorized');
    // A role is no name, and a name no role.
    expect(barFor(ballot, 'cook')).toBe('NotAuthorized');
    expect(barFor(ballot, 'eve', ['ann'])).toBe('NotAuthorized');
  });

  test('given names that are members of every object, then they are names like any other', () => {
    const ballot = openBallot({ ...QUESTION, who: { people: ['__proto__'], roles: ['constructor'] } });
    expect(barFor(ballot, '__proto__')).toBeNull();
    expect(barFor(ballot, 'toString')).toBe('NotAuthorized');
    expect(barFor(ballot, 'eve', ['constructor'])).toBeNull();
  });

  test('given dual control, then the starter may not, and nobody may when the starter is not known', () => {
    const ballot = openBallot({ ...QUESTION, notTheStarter: true });
    expect(barFor(ballot, 'sue')).toBe('NotAuthorized');
    expect(barFor(ballot, 'ann')).toBeNull();
    expect(barOf(ballot, null, vote('ann', null))?.code).toBe('NotAuthorized');
  });

  test('given somebody who has voted, then they may not again, until the proposal is another one', () => {
    const ask = { ...APPROVAL, votes: 3 };
    expect(barFor(after(ask, yes('ann')), 'ann')).toBe('AlreadyVoted');
    expect(barFor(after(ask, yes('ann')), 'bob')).toBeNull();
    expect(barFor(after(ask, yes('ann'), edit('bob', 5)), 'ann')).toBeNull();
    expect(barFor(after(ask, yes('ann'), edit('bob', 5)), 'bob')).toBe('AlreadyVoted');
  });

  test('given escalations, then each widens the circle when it comes, and not before', () => {
    const escalations = [
      { afterMs: 5, to: { roles: ['boss'] } },
      { afterMs: 9, to: { people: ['zoe'] } },
    ];
    const ballot = openBallot({ ...QUESTION, who: { people: ['ann'] }, escalations });
    const mayAt = (stage: number): string => {
      const at = { ...ballot, stage };
      const people: readonly (readonly [string, readonly string[]])[] = [
        ['ann', []],
        ['ben', ['boss']],
        ['zoe', []],
        ['eve', []],
      ];
      return people
        .filter(([by, roles]) => barFor(at, by, roles) === null)
        .map(([by]) => by)
        .join(' ');
    };
    expect([0, 1, 2].map(mayAt)).toEqual(['ann', 'ann ben', 'ann ben zoe']);
  });

  test('given a bar, then it says who may', () => {
    const ballot = openBallot({ ...QUESTION, who: { people: ['ann'], roles: ['cook'] } });
    expect(barOf(ballot, null, vote('eve', 1))?.reason).toBe('eve may not answer: ann or anybody who is cook may');
  });
});

describe('what votes settle', () => {
  test('given one vote that is enough, then it is the answer', () => {
    expect(settled(QUESTION, [vote(null, 'so')])).toEqual({
      outcome: 'answered',
      value: 'so',
      reason: null,
      by: [null],
    });
  });

  test('given a quorum of two, then two who say the same settle it, whoever said what before', () => {
    const ask = { ...QUESTION, votes: 2 };
    expect(settled(ask, [vote('ann', { a: 1, b: 2 })])).toBeNull();
    expect(settled(ask, [vote('ann', 'so'), vote('bob', 'not so')])).toBeNull();
    expect(settled(ask, [vote('ann', { a: 1, b: 2 }), vote('bob', 0), vote('cyd', { b: 2, a: 1 })])).toMatchObject({
      outcome: 'answered',
      by: ['ann', 'cyd'],
    });
  });

  test('given that all have voted and nothing has the votes, then it is undecided, with the default as its value', () => {
    const ask = { ...QUESTION, who: PEOPLE, votes: 2, deadlineMs: 5, otherwise: 'c' };
    expect(settled(ask, [vote('ann', 'a'), vote('bob', 'b')])).toBeNull();
    expect(settled(ask, [vote('ann', 'a'), vote('bob', 'b'), vote('cyd', 'd')])).toEqual({
      outcome: 'undecided',
      value: 'c',
      reason: 'the votes differ',
      by: ['ann', 'bob', 'cyd'],
    });
  });

  test('given roles or escalations, then nobody knows how many may vote, and it is never undecided', () => {
    const differ = [vote('ann', 'a'), vote('bob', 'b'), vote('cyd', 'c')];
    const escalations = [{ afterMs: 1, to: { roles: ['boss'] } }];
    expect(settled({ ...QUESTION, who: { ...PEOPLE, roles: ['cook'] }, votes: 2 }, differ)).toBeNull();
    expect(settled({ ...QUESTION, who: PEOPLE, votes: 2, escalations }, differ)).toBeNull();
    // An empty list of them is none.
    expect(settled({ ...QUESTION, who: PEOPLE, votes: 2, escalations: [] }, differ)?.outcome).toBe('undecided');
  });

  test('given dual control, then the starter is not waited for', () => {
    const ask = { ...QUESTION, who: PEOPLE, votes: 2, notTheStarter: true };
    expect(settled(ask, [vote('ann', 'a'), vote('bob', 'b')], 'cyd')?.outcome).toBe('undecided');
    expect(settled(ask, [vote('ann', 'a'), vote('bob', 'b')], 'sue')).toBeNull();
  });
});

describe('what verdicts settle', () => {
  test('given one who is enough, then what they say is what happens', () => {
    expect(settled(APPROVAL, [yes('ann', 'fine')])).toEqual({
      outcome: 'approved',
      value: PAY,
      reason: 'fine',
      by: ['ann'],
    });
    expect(settled(APPROVAL, [no('ann', 'dear')])).toEqual({
      outcome: 'denied',
      value: PAY,
      reason: 'dear',
      by: ['ann'],
    });
  });

  test('given an edit, then what is approved is the edited action', () => {
    expect(settled(APPROVAL, [edit('ann', 5)])).toMatchObject({ outcome: 'approved', value: PAY_LESS });
  });

  test('given a quorum, when somebody edits, then what was said of the action before counts no more', () => {
    const ask = { ...APPROVAL, votes: 2 };
    expect(settled(ask, [yes('ann'), edit('bob', 5)])).toBeNull();
    expect(settled(ask, [yes('ann'), edit('bob', 5), yes('ann')])).toMatchObject({
      value: PAY_LESS,
      by: ['bob', 'ann'],
    });
    expect(settled(ask, [edit('ann', 5), edit('bob', 6)])).toBeNull();
    expect(settled(ask, [edit('ann', 5), edit('bob', 5)])).toMatchObject({ outcome: 'approved', value: PAY_LESS });
    // An edit that edits nothing is a vote for what is there.
    expect(settled(ask, [yes('ann'), edit('bob', 7)])).toMatchObject({ outcome: 'approved', value: PAY });
  });

  test('given a quorum of known people, then it is denied when too few are left, and not before', () => {
    const ask = { ...APPROVAL, who: PEOPLE, votes: 2 };
    expect(settled(ask, [no('ann')])).toBeNull();
    expect(settled(ask, [no('ann'), yes('bob'), yes('cyd')])?.outcome).toBe('approved');
    expect(settled(ask, [no('ann'), yes('bob'), no('cyd', 'dear')])).toEqual({
      outcome: 'denied',
      value: PAY,
      reason: 'dear',
      by: ['ann', 'cyd'],
    });
  });

  test('given a quorum of people who are not known, then one who says no is enough', () => {
    expect(settled({ ...APPROVAL, who: { roles: ['cook'] }, votes: 2 }, [yes('ann'), no('bob')])?.outcome).toBe(
      'denied',
    );
  });

  test('given a quorum that the starter was needed for, then it is denied at the first vote, and does not wait for ever', () => {
    const ask = { ...APPROVAL, who: { people: ['ann', 'bob'] }, votes: 2, notTheStarter: true };
    expect(settled(ask, [yes('bob')], 'ann')).toEqual({
      outcome: 'denied',
      value: PAY,
      reason: 'too few people are left who may approve',
      by: [],
    });
    expect(settled(ask, [yes('bob')], 'sue')).toBeNull();
  });
});

describe('what time does', () => {
  const escalations = [
    { afterMs: 5, to: { roles: ['boss'] } },
    { afterMs: 9, to: { people: ['zoe'] } },
  ];

  test('given escalations and a deadline, then each alarm counts from the one before it', () => {
    const ballot = openBallot({ ...QUESTION, who: PEOPLE, escalations, deadlineMs: 20 });
    const stages = [0, 1, 2, 3].map((stage) => ({ ...ballot, stage }));
    expect(stages.map(alarmOf)).toEqual([
      { stage: 0, afterMs: 5 },
      { stage: 1, afterMs: 4 },
      { stage: 2, afterMs: 11 },
      null,
    ]);
    expect(stages.map(isDeadline)).toEqual([false, false, true, false]);
  });

  test('given no deadline, then there is none, before and after the escalations', () => {
    expect(alarmOf(openBallot(QUESTION))).toBeNull();
    expect(alarmOf({ ...openBallot({ ...QUESTION, who: PEOPLE, escalations }), stage: 2 })).toBeNull();
  });

  test.each<[string, Ask, Settlement]>([
    [
      'a question',
      { ...QUESTION, deadlineMs: 1 },
      { outcome: 'expired', value: null, reason: 'nobody answered in time', by: [] },
    ],
    [
      'a question with a default',
      { ...QUESTION, deadlineMs: 1, otherwise: 'so' },
      { outcome: 'expired', value: 'so', reason: 'nobody answered in time', by: [] },
    ],
    [
      'an approval',
      { ...APPROVAL, deadlineMs: 1 },
      { outcome: 'denied', value: PAY, reason: 'nobody answered in time', by: [] },
    ],
    [
      'an approval that time approves',
      { ...APPROVAL, deadlineMs: 1, otherwise: { decision: 'approve', reason: 'no objection' } },
      { outcome: 'approved', value: PAY, reason: 'no objection', by: [] },
    ],
  ])('given %s, when the deadline comes, then this is what is so', (_, ask, settlement) => {
    expect(expiryOf(openBallot(ask))).toEqual(settlement);
  });

  test('given an edit without its votes, when time approves, then what was proposed is approved and not the edit', () => {
    const ask: Ask = { ...APPROVAL, votes: 2, deadlineMs: 1, otherwise: 'approve' };
    expect(expiryOf(after(ask, edit('ann', 1_000)))).toMatchObject({ outcome: 'approved', value: PAY });
  });
});

test('given an action, then its input can be edited, where it has one', () => {
  expect(editedAction(PAY, 5)).toEqual(PAY_LESS);
  expect(editedAction({ CallLLM: { input: 1, provider: 'p' } }, 2)).toEqual({ CallLLM: { input: 2, provider: 'p' } });
  expect(editedAction({ Sleep: { millis: 5 } }, 1)).toEqual({ Sleep: { millis: 5 } });
  expect(() => editedAction(null, 1)).toThrow(kernelError('InvalidEvent'));
});

test.each<[Json, Json]>([
  [true, { decision: 'approve', reason: null }],
  ['approve', { decision: 'approve', reason: null }],
  [false, { decision: 'deny', reason: null }],
  ['deny', { decision: 'deny', reason: null }],
  [
    { decision: 'deny', reason: 'dear' },
    { decision: 'deny', reason: 'dear' },
  ],
  [
    { decision: 'approve', input: null },
    { decision: 'approve', reason: null, input: null },
  ],
  ['yes', null],
  [1, null],
  [null, null],
  [['approve'], null],
  [{}, null],
  [{ decision: 'perhaps' }, null],
  [{ decision: 'approve', reason: 7 }, null],
  [{ decision: 'approve', inputs: 7 }, null],
  // A denial that edits: which of the two is meant?
  [{ decision: 'deny', input: 7 }, null],
])('given %j, then the verdict is %j', (value, verdict) => {
  expect(readVerdict(value)).toEqual(verdict);
});

test('given a record whose prototype decides, then it is no verdict', () => {
  const value = Object.create({ decision: 'approve' }) as Json;
  expect(readVerdict(value)).toBeNull();
});

test('given a vote that can’t be read, then it is no approval', () => {
  expect(verdictOf({ value: null })).toEqual({ decision: 'deny', reason: null });
});
