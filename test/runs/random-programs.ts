/**
 * Random programs, as JSON: what a player and its children do, and what the outside does to them meanwhile. Whatever comes out,
 * its run comes to an end once somebody answers what is still asked and cancels what would never end.
 */
import fc from 'fast-check';
import { starting, type Line, type Value } from '../support/player';

/** What the outside does to a run, so many milliseconds after it was started. */
export interface Move {
  readonly afterMs: number;
  /** Who is meant: the run, or the child that it waits for then. */
  readonly to: 'run' | 'child';
  readonly move: MoveKind;
}

const MOVES = [
  'answer',
  'wrong answer',
  'late answer',
  'resume',
  'wrong resume',
  'late resume',
  'stranger',
  'payment',
  'wrong payment',
  'cancel',
  'terminate',
  'look',
  'mirror',
  'restart worker',
] as const;
export type MoveKind = (typeof MOVES)[number];

/** What arrives together with the start, before the first step. */
export type Early = 'resume' | 'payment' | 'wrong resume';

/** A program, and its outside. */
export interface RandomProgram {
  /** Who plays it. What is short for one, it does in bursts. */
  readonly player: 'player' | 'sprinter';
  readonly script: readonly Line[];
  /** Null: when the server suggests it. */
  readonly continueAfterEvents: number | null;
  /** Whether its worker keeps runs between their tasks. */
  readonly cached: boolean;
  readonly early: Early | null;
  readonly moves: readonly Move[];
}

/** A player's children may have children, and those have none. */
const CHILDREN = ['novice', 'journeyman'] as const;

const payload: fc.Arbitrary<Value> = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 9 }) },
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constant<Value>({ b: [1.5, null, true], a: { é: '"' } }),
);

const call = (name: string): fc.Arbitrary<Line> => fc.constant({ call: name, input: null });

/** What goes well, if it is not disturbed. */
const harmless: fc.Arbitrary<Line> = fc.oneof(
  { weight: 3, arbitrary: payload.map((input) => ({ call: 'echo', input })) },
  fc.integer({ min: 1, max: 3 }).map((failures) => ({ call: 'flaky', input: { failures } })),
  call('limited'),
  call('talkative'),
  fc.integer({ min: 0, max: 60 }).map((millis) => ({ call: 'slow', input: { millis } })),
  fc.integer({ min: 0, max: 60 }).map((tokens) => ({ prompt: { tokens } })),
  fc.integer({ min: 0, max: 40 }).map((sleep) => ({ sleep })),
  { weight: 2, arbitrary: fc.constant({ wait: 'payment' }) },
  { weight: 3, arbitrary: payload.map((ask) => ({ ask })) },
  { weight: 2, arbitrary: payload.map((note) => ({ note })) },
  fc.array(payload, { minLength: 1, maxLength: 4 }).map((notes) => ({ notes })),
);

/** What ends the run, by itself or because somebody must end it. */
const fatal: fc.Arbitrary<Line> = fc.oneof(
  fc.constant({ call: 'flaky', input: { failures: 9 } }),
  fc.constant({ call: 'failing', input: { message: 'no such account' } }),
  fc
    .constantFrom(...['wrong', 'unwritable', 'late', 'hanging', 'elsewhere', 'endless', 'forbidden'])
    .map((name): Line => ({ call: name, input: null })),
);

/** A script whose runs have so many generations below them. */
function scriptOf(generations: number, maxLength: number): fc.Arbitrary<Line[]> {
  const child = CHILDREN[generations - 1];
  const line: fc.Arbitrary<Line> = fc.oneof(
    { weight: 20, arbitrary: harmless },
    { weight: 1, arbitrary: fatal },
    ...(child === undefined
      ? []
      : [
          {
            weight: 2,
            arbitrary: scriptOf(generations - 1, 3).map((script) => starting(child, script)),
          },
        ]),
  );
  return fc.array(line, { maxLength, size: 'max' });
}

/** A script that goes well where nobody disturbs it, up to where it asks or waits for somebody. */
export const harmlessScript: fc.Arbitrary<Line[]> = fc.array(harmless, { minLength: 3, maxLength: 12, size: 'max' });

const move: fc.Arbitrary<Move> = fc.record({
  afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })),
  to: fc.constantFrom('run', 'run', 'child'),
  move: fc.oneof(
    { weight: 24, arbitrary: fc.constantFrom(...MOVES) },
    { weight: 24, arbitrary: fc.constantFrom<MoveKind>('answer', 'resume', 'stranger', 'payment', 'late answer') },
  ),
});

/** Any program. */
export const randomProgram: fc.Arbitrary<RandomProgram> = fc.record({
  player: fc.constantFrom('player', 'sprinter'),
  script: fc.oneof(scriptOf(0, 10), scriptOf(1, 8), scriptOf(2, 6)),
  continueAfterEvents: fc.constantFrom(null, 20, 40),
  cached: fc.constantFrom(true, true, false),
  early: fc.constantFrom(null, null, 'resume', 'payment', 'wrong resume'),
  moves: fc.array(move, { maxLength: 8 }),
});
