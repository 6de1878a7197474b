import { z } from 'zod';
import type { Action } from '../../src/kernel/action';
import { SLEEP_MS_MAX } from '../../src/kernel/action';
import { NOTHING_SPENT } from '../../src/kernel/budget';
import type { Json } from '../../src/kernel/json';
import { defineProgram, summaryOf, type ProgramDefinition } from '../../src/kernel/program';
import { checkSchema } from '../../src/kernel/schema';
import { complete } from '../../src/kernel/step';
import { SUMMARY_LENGTH_MAX, tool } from '../../src/kernel/tool';
import { kernelError } from './kernel-error-matcher';

const state = z.object({ count: z.int().default(0), note: z.string().optional() });
type State = z.infer<typeof state>;
type Changes = Partial<ProgramDefinition<State, z.input<typeof state>, Json, Json>>;

const add = tool({
  input: z.object({ by: z.int().positive() }),
  output: z.object({ sum: z.int() }),
  summary: ({ by }) => `add ${by}`,
});
const plain = tool({ input: z.unknown(), output: z.unknown() });

function program(changes: Changes = {}): ReturnType<typeof defineProgram<State, z.input<typeof state>, Json, Json>> {
  return defineProgram<State, z.input<typeof state>>({
    name: 'counter',
    state,
    tools: { add, plain },
    providers: { model: plain },
    step: () => complete(),
    reduce: (before) => before,
    ...changes,
  });
}

const ADD = (input: Json): Action => ({ type: 'CallTool', tool: 'add', input });
const UPDATED = { type: 'StateUpdated', stepId: null, payload: 1 } as const;

describe('definitions that can not be run', () => {
  test.each(['', 'two words', 'with-dash', '1st', 'a.b', '😀', 'x'.repeat(201)])(
    'given the name %j, then InvalidProgram says why',
    (name) => {
      expect(() => program({ name })).toThrow(kernelError('InvalidProgram'));
      expect(() => program({ name })).toThrow('must be a JavaScript identifier');
    },
  );

  test.each([0, -1, 1.5, Number.NaN])('given version %d, then InvalidProgram', (version) => {
    expect(() => program({ version })).toThrow('version of counter must be 1, 2, 3, …');
  });

  test('given a tool and a provider of one name, then InvalidProgram names it', () => {
    expect(() => program({ providers: { add: plain } })).toThrow('counter has a tool and a provider named add');
  });

  test('given nothing but what is needed, then the rest has defaults', () => {
    const { version, description, tools, providers, policy } = defineProgram({
      name: 'small',
      state: z.null(),
      step: () => complete(),
      reduce: () => null,
    });
    expect({ version, description, tools, providers }).toEqual({
      version: 1,
      description: null,
      tools: {},
      providers: {},
    });
    expect(policy.authorize('run', ADD(1), { spent: NOTHING_SPENT })).toEqual({ type: 'allow' });
  });
});

describe('states', () => {
  test('given an initial state with something left out, then its defaults are filled in', () => {
    expect(program().initialState({})).toEqual({ count: 0 });
    expect(program().initialState({ count: 3 })).toEqual({ count: 3 });
  });

  test.each<readonly [string, unknown, string]>([
    ['of another type', { count: 'three' }, 'the initial state of counter is refused: count: '],
    ['missing', undefined, 'the initial state of counter is refused: '],
  ])('given an initial state that is %s, then InvalidInitialState says where', (_, value, text) => {
    expect(() => program().initialState(value)).toThrow(kernelError('InvalidInitialState'));
    expect(() => program().initialState(value)).toThrow(text);
  });

  test('given an initial state that its schema takes but JSON can not say, then InvalidInitialState', () => {
    const dated = defineProgram({ name: 'dated', state: z.date(), step: () => complete(), reduce: (at) => at });
    expect(() => dated.initialState(new Date(0))).toThrow('an instance of Date is nothing that JSON can say');
  });

  test('given a reduced state without a default, then InvalidState: defaults are for the start alone', () => {
    const forgetful = program({ reduce: () => ({ count: 'x' }) as unknown as State });
    expect(() => forgetful.reduce({ count: 0 }, UPDATED, 4)).toThrow(kernelError('InvalidState'));
    expect(() => forgetful.reduce({ count: 0 }, UPDATED, 4)).toThrow(
      'state of counter after event 4 (StateUpdated): count: ',
    );
  });

  test('given a reduced state that JSON can not say, then InvalidState names the place', () => {
    const dating = program({ reduce: () => ({ count: 1, note: undefined }) });
    expect(() => dating.reduce({ count: 0 }, UPDATED, 1)).toThrow('at ["note"]');
  });

  test('given a state, when it is reduced, then the new one is frozen, and an unchanged one is the same object', () => {
    const counting = program({ reduce: (before) => ({ ...before, count: before.count + 1 }) });
    const after = counting.reduce(counting.initialState({}), UPDATED, 1);
    expect(Object.isFrozen(after)).toBe(true);
    expect(program().reduce(after, UPDATED, 2)).toBe(after);
  });
});

describe('what goes into a tool and comes out of it', () => {
  test('given an input that fits, then nothing is said', () => {
    program().checkAction(ADD({ by: 1 }));
    program().checkAction({ type: 'CallLLM', provider: 'model', input: 'x' });
    program().checkAction({ type: 'WaitSignal', name: 'anything' });
    program().checkAction({ type: 'Sleep', millis: SLEEP_MS_MAX });
  });

  test('given an input that breaks its schema, then InvalidToolInput says what and where', () => {
    expect(() => {
      program().checkAction(ADD({ by: -1 }));
    }).toThrow('input for tool add of counter: by: ');
  });

  test('given a tool or provider that is not defined, then UnknownTool says which there are', () => {
    expect(() => {
      program().checkAction({ type: 'CallTool', tool: 'sub', input: 1 });
    }).toThrow('counter asked for the tool "sub", but it defines add, plain');
    expect(() => {
      program({ providers: {} }).checkAction({ type: 'CallLLM', provider: 'gpt', input: 1 });
    }).toThrow('counter asked for the provider "gpt", but it defines no providers');
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(() => {
        program().checkAction({ type: 'CallTool', tool: name, input: 1 });
      }).toThrow(kernelError('UnknownTool'));
    }
  });

  test.each([SLEEP_MS_MAX + 1, Number.NaN, Number.POSITIVE_INFINITY])(
    'given a sleep of %d, then it is refused',
    (millis) => {
      expect(() => {
        program().checkAction({ type: 'Sleep', millis });
      }).toThrow('counter asked to sleep');
    },
  );

  test('given an output, then it becomes what its schema makes of it', () => {
    const read = program().readOutput(ADD({ by: 1 }), { sum: 2, more: 'dropped by the schema' });
    expect(read).toEqual({ type: 'success', output: { sum: 2 } });
    expect(program().readOutput({ type: 'Sleep', millis: 1 }, 'as it is')).toEqual({
      type: 'success',
      output: 'as it is',
    });
  });

  test('given an output that breaks its schema, then it is a failure that says where', () => {
    expect(program().readOutput(ADD({ by: 1 }), { sum: 0.5 })).toEqual({
      type: 'failure',
      error: expect.stringMatching(/^Executor: output of tool add breaks its schema: sum: /) as string,
    });
  });
});

describe('answers and signals', () => {
  test('given no schema, then any JSON is an answer, and nothing else', () => {
    expect(program().readAnswer({ any: 'thing' })).toEqual({ ok: true, value: { any: 'thing' } });
    expect(program().readAnswer(undefined)).toMatchObject({ ok: false });
  });

  test('given a schema, then an answer becomes what the schema makes of it', () => {
    const interrupts = { asks: z.json() as z.ZodType<Json>, answers: z.object({ ok: z.boolean().default(true) }) };
    const asking = program({ interrupts: interrupts });
    expect(asking.readAnswer({})).toEqual({ ok: true, value: { ok: true } });
    expect(asking.readAnswer({ ok: 'yes' })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^ok: /) as string,
    });
  });

  test('given declared signals, then those and no others are awaited', () => {
    const waiting = program({ signals: { go: z.int() } });
    expect([waiting.awaitsSignal('go'), waiting.awaitsSignal('stop'), waiting.awaitsSignal('toString')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(waiting.readSignal('go', 5)).toEqual({ ok: true, value: 5 });
    expect(waiting.readSignal('go', 'x')).toMatchObject({ ok: false });
    expect(waiting.readSignal('stop', 'x')).toEqual({ ok: true, value: 'x' });
  });
});

describe('schema errors', () => {
  test('given many issues, then the first five are shown, each with its place, and the others counted', () => {
    const many = z.object(Object.fromEntries('abcdefgh'.split('').map((key) => [key, z.int()])));
    const checked = checkSchema(many, {});
    expect(checked.ok ? '' : checked.reason).toMatch(/^a: .*; b: .*; e: [^;]*; and 3 more$/);
  });

  test('given an issue deep down, then its place is a path', () => {
    const checked = checkSchema(z.object({ users: z.array(z.object({ name: z.string() })) }), { users: [{ name: 1 }] });
    expect(checked.ok ? '' : checked.reason).toMatch(/^users\.0\.name: /);
  });
});

describe('summaries', () => {
  test('given each kind of action, then a few words say what it does', () => {
    expect(summaryOf(program(), ADD({ by: 2 }))).toBe('add 2');
    expect(summaryOf(program(), { type: 'CallTool', tool: 'plain', input: 1 })).toBe('plain');
    expect(summaryOf(program(), { type: 'CallLLM', provider: 'model', input: 1 })).toBe('model');
    expect(summaryOf(program(), { type: 'CallTool', tool: 'constructor', input: 1 })).toBe('constructor');
    expect(summaryOf(program(), { type: 'Sleep', millis: 5 })).toBe('sleep 5 ms');
    expect(summaryOf(program(), { type: 'WaitSignal', name: 'go' })).toBe('wait for signal go');
  });

  test('given a long summary, then it is cut', () => {
    const talkative = tool({ input: z.unknown(), output: z.unknown(), summary: () => 'x'.repeat(1_000) });
    const cut = summaryOf(program({ tools: { talkative } }), { type: 'CallTool', tool: 'talkative', input: 1 });
    expect(cut).toHaveLength(SUMMARY_LENGTH_MAX);
  });

  test('given a summary that reads the clock, then DeterminismViolation', () => {
    const clock = tool({ input: z.unknown(), output: z.unknown(), summary: () => String(Date.now()) });
    expect(() => summaryOf(program({ tools: { clock } }), { type: 'CallTool', tool: 'clock', input: 1 })).toThrow(
      kernelError('DeterminismViolation'),
    );
  });
});
