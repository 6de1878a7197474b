/** Stretches of short calls: what a copy of the machine did, taken by the run's own machine, whatever it heard meanwhile. */
import fc from 'fast-check';
import { z } from 'zod';
import {
  callTool,
  complete,
  defineProgram,
  encodeEvent,
  Machine,
  NOTHING_DONE,
  shortCallOf,
  stretchAfter,
  stretchStart,
  takeStretch,
  tool,
  update,
  type AnyTool,
  type DefinedProgram,
  type Input,
  type Stretch,
} from '../../src/kernel';
import { BURST, type Entry } from '../../src/kernel';

const echo = tool({ input: z.number(), output: z.number(), short: true, run: (input) => input });

const runner = (by = 1): DefinedProgram =>
  defineProgram({
    name: 'runner',
    state: z.object({ left: z.number(), noted: z.boolean(), heard: z.array(z.json()) }),
    tools: { echo },
    steering: z.string(),
    step: ({ left, noted }) => {
      if (left === 0) return complete();
      return left % 3 === 0 && !noted ? update('noted', 'note') : callTool('echo', left * by);
    },
    reduce: (state, event) => {
      switch (event.type) {
        case 'StateUpdated':
          return { ...state, noted: true };
        case 'ActionSucceeded':
          return { ...state, left: state.left - 1, noted: false };
        case 'Resumed':
          return { ...state, heard: [...state.heard, event.value as never] };
        default:
          return state;
      }
    },
  });

const program = runner();

const settle = (machine: Machine): void => {
  while (machine.waiting.for === 'step') machine.advance();
};

const begin = (left: number, of = program): Machine => {
  const machine = Machine.start(of, 'run', { left, noted: false, heard: [] });
  settle(machine);
  return machine;
};

/** Does up to so many calls in a copy of the machine, each giving what it is given. */
function stretchOf(machine: Machine, calls: number, of = program): Stretch {
  const copy = Machine.restore(of, JSON.parse(JSON.stringify(stretchStart(machine))) as never);
  let done = NOTHING_DONE;
  while (done.results.length < calls) {
    const call = shortCallOf(of, copy.waiting);
    if (call === null) break;
    const result = { type: 'success', output: call.action.input } as const;
    done = stretchAfter(done, call, result);
    copy.deliver({ type: 'result', actionId: call.actionId, result });
    settle(copy);
  }
  return done;
}

function take(machine: Machine, stretch: Stretch): void {
  const first = shortCallOf(program, machine.waiting)?.actionId ?? '';
  takeStretch(program, machine, first, stretch, {
    deliver: (input) => {
      expect(machine.deliver(input)).toBeNull();
    },
    advance: () => {
      machine.advance();
    },
  });
}

const textOf = (entries: readonly Entry[]): unknown[] =>
  entries.map(({ event, ...entry }) => [entry, encodeEvent(event)]);

const said: fc.Arbitrary<Input> = fc.constantFrom<Input>(
  { type: 'resume', value: 'answer', by: 'ann' },
  { type: 'signal', name: 'stranger', value: 1 },
  { type: 'steer', message: 'be quick' },
  { type: 'pause', by: 'ann', reason: 'lunch' },
  { type: 'unpause', by: 'ann' },
  { type: 'cancel' },
);

test('given a stretch, when inputs come while it is done, then the log is that of a run that heard them during its last call', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.array(said, { maxLength: 5 }),
      (more, calls, inputs) => {
        const [taken, single] = [begin(more + 1), begin(more + 1)];
        const stretch = stretchOf(taken, calls);
        for (const input of inputs) taken.deliver(input);
        take(taken, stretch);
        settle(taken);

        for (const [index, { actionId, result }] of stretch.results.entries()) {
          if (index + 1 === stretch.results.length) for (const input of inputs) single.deliver(input);
          single.deliver({ type: 'result', actionId, result });
          settle(single);
        }

        expect(textOf(taken.drain())).toEqual(textOf(single.drain()));
        expect(taken.checkpoint()).toEqual(single.checkpoint());
      },
    ),
  );
});

test('given a stretch in which nothing was done, when it is taken, then its action is still to be done, unless the run was cancelled', () => {
  const [machine, cancelled] = [begin(2), begin(2)];
  const { waiting } = machine;
  cancelled.deliver({ type: 'cancel' });

  take(machine, NOTHING_DONE);
  take(cancelled, NOTHING_DONE);

  expect(machine.waiting).toBe(waiting);
  expect(cancelled.drain().at(-1)?.event).toMatchObject({ type: 'ActionFailed', error: 'cancelled' });
  expect(cancelled.waiting).toEqual({ for: 'nothing', outcome: { type: 'cancelled' } });
});

test('given tools with the names of what every object has, when a stretch is done, then it says how often each was called', () => {
  const tools = { constructor: echo, ['__proto__']: echo };
  const odd = defineProgram({
    name: 'odd',
    state: z.number(),
    tools,
    step: (left) => (left === 0 ? complete() : callTool(left % 3 === 0 ? '__proto__' : 'constructor', left)),
    reduce: (left, event) => (event.type === 'ActionSucceeded' ? left - 1 : left),
  });
  const machine = Machine.start(odd, 'run', 7);
  settle(machine);

  const { ran } = stretchOf(machine, 7, odd);

  expect(Object.entries(ran)).toEqual([
    ['constructor', 5],
    ['__proto__', 2],
  ]);
});

test('given the stretch of a program that was changed, when it is taken, then it is refused, though its actions have the same ids', () => {
  const machine = begin(5);
  const stretch = stretchOf(begin(5, runner(2)), 3, runner(2));

  expect(() => {
    take(machine, stretch);
  }).toThrow(/other actions than runner asks for: was it changed\?/);
});

test.each<[string, (stretch: Stretch) => Stretch]>([
  ['a result is gone', (stretch) => ({ ...stretch, results: stretch.results.slice(1) })],
  ['the last result is gone', (stretch) => ({ ...stretch, results: stretch.results.slice(0, -1) })],
  ['a result comes twice', (stretch) => ({ ...stretch, results: [stretch.results[0]!, ...stretch.results] })],
  ['results are in another order', (stretch) => ({ ...stretch, results: stretch.results.toReversed() })],
  ['it has no hash', (stretch) => ({ ...stretch, asked: '' })],
  ['it says that more ran', (stretch) => ({ ...stretch, ran: { echo: 4 } })],
  ['it says that another tool ran', (stretch) => ({ ...stretch, ran: { ...stretch.ran, other: 1 } })],
  ['it does not say what ran', (stretch) => ({ ...stretch, ran: {} })],
])('given a stretch in which %s, when it is taken, then it is refused', (_what, change) => {
  const machine = begin(5);

  expect(() => {
    take(machine, change(stretchOf(machine, 3)));
  }).toThrow(/^Driver/);
});

test.each<[string, Partial<AnyTool>]>([
  ['it has no `run`', { run: undefined as never }],
  ['it has a task queue of its own', { taskQueue: 'elsewhere' }],
  ['its attempts have a time limit together', { totalTimeoutMs: 1_000 }],
  ['it sends heartbeats', { heartbeatTimeoutMs: 1_000 }],
  ['one attempt may take 6000 ms, and 5000 ms are the most', { timeoutMs: 6_000 }],
  ['short is true, or "repeatable"', { short: 'often' as never }],
])('given a tool that is called short, when %s, then it is refused', (reason, changes) => {
  const define = (tools: Record<string, AnyTool>, providers: Record<string, AnyTool> = {}): DefinedProgram => {
    return defineProgram({ name: 'p', state: z.null(), tools, providers, step: () => complete(), reduce: () => null });
  };

  expect(() => define({ echo: { ...echo, ...changes } })).toThrow(`echo of p can't be short: ${reason}`);
  expect(() => define({}, { model: echo })).toThrow("model of p can't be short: it is a model");
  expect(() => define({ [BURST]: { ...echo } })).toThrow('p has a tool named burst: that name is taken');
});
