/**
 * Steady programs: what they come to does not depend on when anything happens, how often it is tried, or who is lost meanwhile. So a
 * run that was disturbed must come to the same as one that was not.
 */
import fc from 'fast-check';
import { starting, type Line, type Value } from '../support/player';

/** How many lines of a script stand between two questions that the outside may keep open. */
const LINES_PER_STAGE = 6;

const value: fc.Arbitrary<Value> = fc.oneof(fc.integer({ min: 0, max: 99 }), fc.string({ maxLength: 6 }));

const line: fc.Arbitrary<Line> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 50, max: 500 }).map((millis) => ({ call: 'slow', input: { millis } })) },
  { weight: 2, arbitrary: value.map((input) => ({ call: 'echo', input })) },
  { weight: 2, arbitrary: fc.integer({ min: 10, max: 300 }).map((sleep) => ({ sleep })) },
  fc.integer({ min: 1, max: 2 }).map((failures) => ({ call: 'unsteady', input: { failures } })),
  fc.constant({ wait: 'payment' }),
  fc.record({ ask: value.map((asked) => ({ asked })) }),
  fc.record({ note: value }),
  fc.array(value, { minLength: 1, maxLength: 3 }).map((notes) => ({ notes })),
);

const childScript = fc.array(line, { minLength: 1, maxLength: 4 });

const child: fc.Arbitrary<Line> = fc.oneof(
  childScript.map((script) => starting('novice', script)),
  childScript.map((script) => starting('journeyman', [starting('novice', script)])),
);

/** How a run may end. */
const end: fc.Arbitrary<Line> = fc.constantFrom<Line>(
  { note: 'the end' },
  { note: 'the end' },
  { call: 'failing', input: { message: 'no such account' } },
  { call: 'forbidden', input: null },
  starting('novice', [{ call: 'failing', input: { message: 'out of tea' } }]),
);

/** A program whose stages end with questions: 0, 1, 2, …; the run does not end before the last one is answered. */
export interface SteadyProgram {
  readonly script: readonly Line[];
  readonly continueAfterEvents: number;
}

/** The programs of a seed. */
export function steadyPrograms(seed: number, count: number, stages: number): readonly SteadyProgram[] {
  const stage = fc.array(fc.oneof({ weight: 9, arbitrary: line }, { weight: 1, arbitrary: child }), {
    minLength: LINES_PER_STAGE,
    maxLength: LINES_PER_STAGE,
  });
  const program = fc
    .record({ lines: fc.array(stage, { minLength: stages, maxLength: stages }), last: end })
    .map(({ lines, last }) => ({
      script: [...lines.flatMap((those, index): Line[] => [...those, { ask: index }]), last],
      continueAfterEvents: 60,
    }));
  return fc.sample(program, { seed, numRuns: count });
}
