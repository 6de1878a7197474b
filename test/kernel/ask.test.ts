import {
  approval,
  ASK_LIST_MAX,
  ASK_TEXT_LENGTH_MAX,
  askIn,
  assertAsk,
  choice,
  ESCALATIONS_MAX,
  hasSameRules,
  momentsOf,
  question,
  type Ask,
  type AskRules,
} from '../../src/kernel/ask';
import { SLEEP_MS_MAX } from '../../src/kernel/action';
import type { Json } from '../../src/kernel/json';
import type { Next } from '../../src/kernel/step';
import { isKernelError } from '../../src/kernel/error';
import { kernelError } from './kernel-error-matcher';

const ASK: Ask = { kind: 'question', asker: 'program', question: 'why?' };
const CHOICE: Ask = { kind: 'choice', asker: 'program', question: 'which?', options: ['a', 'b'] };
const APPROVAL: Ask = { kind: 'approval', asker: 'policy', question: 'may it?', deadlineMs: 10 };

function valueOf(next: Next): Json {
  if (next.type === 'Interrupt') return next.info.value;
  throw new Error(`not asked: ${next.type}`);
}

describe('what a program asks', () => {
  test('given a question with rules, then the log has it with its rules', () => {
    const rules: AskRules = { who: { roles: ['cook'] }, votes: 2, deadlineMs: 5 };
    expect(valueOf(question('why?', { ...rules, form: 'reason' }))).toEqual({
      $ask: { kind: 'question', asker: 'program', question: 'why?', form: 'reason', ...rules },
    });
  });

  test('given a choice, then the log has its options', () => {
    expect(valueOf(choice('which?', ['a', 'b']))).toEqual({
      $ask: { kind: 'choice', asker: 'program', question: 'which?', options: ['a', 'b'] },
    });
  });

  test('given an approval of an action, then the log has the action in its wire form', () => {
    expect(valueOf(approval('may it?', { action: { type: 'CallTool', tool: 'pay', input: 7 }, votes: 2 }))).toEqual({
      $ask: {
        kind: 'approval',
        asker: 'program',
        question: 'may it?',
        action: { CallTool: { input: 7, tool: 'pay' } },
        votes: 2,
      },
    });
  });
});

describe('what is an ask in the log', () => {
  test('given what the askers make, then it is read as it was asked', () => {
    for (const next of [question('why?'), choice('which?', ['a']), approval('may it?')]) {
      expect({ $ask: askIn(valueOf(next)) }).toEqual(valueOf(next));
    }
  });

  test.each<[string, Json]>([
    ['a text', 'why?'],
    ['null', null],
    ['a list', [{ $ask: 1 }]],
    ['an object without the tag', { ask: { kind: 'question' } }],
    ['a tag with nothing in it', { $ask: null }],
    ['a tag with a text in it', { $ask: 'why?' }],
    ['an ask of no kind', { $ask: { asker: 'program', question: 'why?' } }],
    ['an ask of another kind', { $ask: { kind: 'order', asker: 'program', question: 'why?' } }],
    ['an ask of nobody', { $ask: { kind: 'question', question: 'why?' } }],
    ['an ask without a question', { $ask: { kind: 'question', asker: 'program' } }],
    ['an ask whose escalations are no list', { $ask: { ...ASK, escalations: 7 } as unknown as Json }],
    ['an ask whose people are no object', { $ask: { ...ASK, who: 'me' } as unknown as Json }],
  ])('given %s, then it is a plain question', (_, value) => {
    expect(askIn(value)).toBeNull();
  });
});

test('given escalations and a deadline, then these are its moments, in order', () => {
  const to = { roles: ['boss'] };
  expect(
    momentsOf({
      escalations: [
        { afterMs: 5, to },
        { afterMs: 9, to },
      ],
      deadlineMs: 20,
    }),
  ).toEqual([5, 9, 20]);
  expect(momentsOf({ escalations: [{ afterMs: 5, to }] })).toEqual([5]);
  expect(momentsOf({})).toEqual([]);
});

const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${index}`);
const boss = { roles: ['boss'] };

test.each<[string, Ask]>([
  ['the plainest', ASK],
  ['the longest', { ...ASK, question: 'x'.repeat(ASK_TEXT_LENGTH_MAX), reason: 'y'.repeat(ASK_TEXT_LENGTH_MAX) }],
  ['a choice', CHOICE],
  ['a quorum of all', { ...ASK, who: { people: many(ASK_LIST_MAX) }, votes: ASK_LIST_MAX }],
  ['more votes than people, but a role', { ...ASK, who: { people: ['a'], roles: ['b'] }, votes: 2 }],
  [
    'more votes than people, but an escalation',
    { ...ASK, who: { people: ['a'] }, votes: 2, escalations: [{ afterMs: 1, to: boss }] },
  ],
  [
    'escalations before the deadline',
    { ...ASK, who: boss, escalations: [{ afterMs: 1, to: boss }], deadlineMs: SLEEP_MS_MAX },
  ],
  ['a default that is null', { ...ASK, deadlineMs: 1, otherwise: null }],
  ['an approval that time denies with a reason', { ...APPROVAL, otherwise: { decision: 'deny', reason: 'too late' } }],
  ['an approval that time approves', { ...APPROVAL, otherwise: 'approve' }],
])('given %s, then it can be asked', (_, ask) => {
  expect(() => {
    assertAsk(ask);
  }).not.toThrow();
});

test.each<[string, string, unknown]>([
  ['what is no object', 'no kind', 'why?'],
  ['no kind', 'no kind', { ...ASK, kind: 'order' }],
  ['no question', 'the question', { ...ASK, question: '' }],
  ['a question that is no text', 'the question', { ...ASK, question: 7 }],
  ['too long a question', 'the question', { ...ASK, question: 'x'.repeat(ASK_TEXT_LENGTH_MAX + 1) }],
  ['too long a reason', 'reason', { ...ASK, reason: 'x'.repeat(ASK_TEXT_LENGTH_MAX + 1) }],
  ['no votes', 'votes', { ...ASK, votes: 0 }],
  ['half a vote', 'votes', { ...ASK, votes: 1.5 }],
  ['too many votes', 'votes', { ...ASK, votes: ASK_LIST_MAX + 1 }],
  ['a choice of nothing', 'options', { ...CHOICE, options: [] }],
  ['a choice without options', 'has options', { ...CHOICE, options: undefined }],
  ['a question with options', 'has options', { ...ASK, options: ['a'] }],
  ['two options that are the same', 'the same', { ...CHOICE, options: ['a', 'a'] }],
  ['an empty option', 'options', { ...CHOICE, options: [''] }],
  ['too many options', 'options', { ...CHOICE, options: many(ASK_LIST_MAX + 1) }],
  ['nobody at all', 'neither people nor roles', { ...ASK, who: {} }],
  ['a person who is no text', 'lists of at most', { ...ASK, who: { people: [7] } }],
  ['too many roles', 'lists of at most', { ...ASK, who: { roles: many(ASK_LIST_MAX + 1) } }],
  ['an escalation to nobody', 'neither people nor roles', { ...ASK, who: boss, escalations: [{ afterMs: 1, to: {} }] }],
  ['an escalation when anybody may answer', 'say who', { ...ASK, escalations: [{ afterMs: 1, to: boss }] }],
  [
    'too many escalations',
    'at most',
    { ...ASK, who: boss, escalations: many(ESCALATIONS_MAX + 1).map((_, index) => ({ afterMs: index + 1, to: boss })) },
  ],
  ['an escalation at once', 'one after the other', { ...ASK, who: boss, escalations: [{ afterMs: 0, to: boss }] }],
  [
    'a deadline before its escalation',
    'one after the other',
    { ...ASK, who: boss, escalations: [{ afterMs: 9, to: boss }], deadlineMs: 9 },
  ],
  ['a deadline of no length', 'one after the other', { ...ASK, deadlineMs: 0 }],
  ['a deadline in half a millisecond', 'one after the other', { ...ASK, deadlineMs: 0.5 }],
  ['a deadline beyond all timers', 'one after the other', { ...ASK, deadlineMs: SLEEP_MS_MAX + 1 }],
  ['a default without a deadline', 'needs a deadline', { ...ASK, otherwise: 'so' }],
  ['an approval whose default is no verdict', 'otherwise', { ...APPROVAL, otherwise: 'perhaps' }],
  ['an approval whose default edits', 'otherwise', { ...APPROVAL, otherwise: { decision: 'approve', input: 1 } }],
  ['more votes than people', 'only 1 people', { ...ASK, who: { people: ['a'] }, votes: 2 }],
  ['more votes than different people', 'only 1 people', { ...ASK, who: { people: ['a', 'a'] }, votes: 2 }],
])('given %s, then it can’t be asked, and the error says why', (_, why, ask) => {
  let thrown: unknown = null;
  try {
    assertAsk(ask as Ask);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toEqual(kernelError('InvalidAsk'));
  expect(isKernelError(thrown) && thrown.message).toContain(why);
});

test('given two rules, then they are the same when the same people decide in the same way', () => {
  expect(hasSameRules({}, { votes: 1, notTheStarter: false, evidence: 'more' })).toBe(true);
  expect(hasSameRules({ who: { people: ['a'] } }, { who: { people: ['a'] } })).toBe(true);
  expect(hasSameRules({}, { votes: 2 })).toBe(false);
  expect(hasSameRules({}, { notTheStarter: true })).toBe(false);
  expect(hasSameRules({ who: boss }, {})).toBe(false);
  expect(hasSameRules({ deadlineMs: 1, otherwise: 'approve' }, { deadlineMs: 1 })).toBe(false);
});
