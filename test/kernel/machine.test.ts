import { z } from 'zod';
import type { Event } from '../../src/kernel/event';
import type { Json } from '../../src/kernel/json';
import { UNREAD_INPUTS_MAX } from '../../src/kernel/input-examination';
import { CANCELLED_ERROR } from '../../src/kernel/action';
import { Machine, STEPS_WITHOUT_INPUT_MAX } from '../../src/kernel/machine';
import { allowList } from '../../src/kernel/policy';
import {
  callLLM,
  callTool,
  complete,
  emit,
  interrupt,
  sleep,
  update,
  waitSignal,
  type Next,
} from '../../src/kernel/step';
import { kernelError } from './kernel-error-matcher';
import {
  CANCEL,
  event,
  failure,
  given,
  resume,
  RUN,
  signal,
  STEP,
  STEPS,
  success,
  type Happened,
} from './machine-specification';
import { MORE, scriptProgram, START } from './script-program';

const ECHO = callTool('echo', 'hello');
const ASK = interrupt({ ask: 'go on?' });
const WAITS_FOR_STEP = { for: 'step' } as const;
const COMPLETED = { type: 'completed' } as const;

describe('steps', () => {
  test('given a program that is complete at once, when it steps, then Completed', () => {
    given(scriptProgram([])).when(STEP).then(event.completed).andEnded(COMPLETED);
  });

  test('given a program that emits, when it steps, then the state is the next one', () => {
    given(scriptProgram([update(1, 'first')]))
      .when(STEP)
      .then(event.updated(1, 'first'))
      .andWaitsFor(WAITS_FOR_STEP)
      .andState({ at: 1, seen: [['StateUpdated', 1]] });
  });

  test('given a batch of events, when it is emitted, then all are appended in one step', () => {
    const batch: Event[] = [event.updated(1, MORE), event.updated(2, MORE), event.updated(3)];
    given(scriptProgram([emit(...(batch as never[]))]))
      .when(STEP)
      .then(...batch)
      .andState({ at: 1 });
  });

  test('given an empty batch, when it is emitted, then nothing is appended and the run goes on', () => {
    let calls = 0;
    const program = scriptProgram([], { step: () => (calls++ < 2 ? emit() : complete()) });
    given(program).when(STEP, STEP).then().when(STEP).then(event.completed);
  });

  test('given a run that waits for an action or an answer or nothing, when it is told to step, then it refuses to', () => {
    given(scriptProgram([ECHO]))
      .when(STEP)
      .when(STEP)
      .thenThrows('Driver', 'waits for action');
    given(scriptProgram([ASK]))
      .when(STEP)
      .when(STEP)
      .thenThrows('Driver', 'waits for answer');
    given(scriptProgram([])).when(STEP).when(STEP).thenThrows('Driver', 'waits for nothing');
  });

  test('given a run id that no run can have, when a machine starts, then InvalidRunId', () => {
    expect(() => Machine.start(scriptProgram([]), '', START)).toThrow(kernelError('InvalidRunId'));
  });

  test('given an initial state that breaks its schema, when a machine starts, then InvalidInitialState', () => {
    expect(() => Machine.start(scriptProgram([]), RUN, { at: 'x' })).toThrow(kernelError('InvalidInitialState'));
  });
});

describe('what a step may say', () => {
  const lifecycle: readonly Event[] = [
    event.tool(1, 'echo', 1),
    event.succeeded(1, 1),
    event.failed(1, 'x'),
    event.interrupted(1),
    event.resumed(1),
    event.completed,
  ];
  test.each(lifecycle.map((forged) => [forged.type, forged] as const))(
    'given a step that emits %s, when it steps, then it is refused: the kernel writes that',
    (_, forged) => {
      const next = { type: 'Emit', events: [event.updated(1), forged] } as unknown as Next;
      given(scriptProgram([next]))
        .when(STEP)
        .thenThrows('Driver', 'may emit StateUpdated and nothing else');
    },
  );

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a word', 'Complete'],
    ['an unknown next', { type: 'Pause' }],
  ])('given a step that returns %s, when it steps, then an error says so', (_, next) => {
    given(scriptProgram([], { step: () => next as unknown as Next }))
      .when(STEP)
      .thenThrows('Driver', 'which is no Next');
  });

  test('given an event that carries more than events do, when it is emitted, then reduce and log see the known fields', () => {
    const carries = { ...event.updated(1, 's'), more: 2 } as unknown as Event;
    const reduced: Event[] = [];
    const program = scriptProgram([emit(carries as never)], {
      reduce: (state, seen) => {
        reduced.push(seen);
        return { ...state, at: 1 };
      },
    });
    given(program).when(STEP).then(event.updated(1, 's'));
    expect(reduced).toEqual([event.updated(1, 's')]);
  });

  test('given an event without a step id, when it is emitted, then it belongs to no step', () => {
    const next = { type: 'Emit', events: [{ type: 'StateUpdated', payload: 1 }] } as unknown as Next;
    given(scriptProgram([next]))
      .when(STEP)
      .then(event.updated(1, null));
  });

  test.each([
    ['a payload that is missing', { type: 'StateUpdated', stepId: null }],
    ['a payload that is no JSON', { type: 'StateUpdated', stepId: null, payload: Number.NaN }],
    ['a step id that is no text', { type: 'StateUpdated', stepId: 5, payload: 1 }],
  ])('given %s, when it is emitted, then it is refused', (_, bad) => {
    const next = { type: 'Emit', events: [bad] } as unknown as Next;
    given(scriptProgram([next]))
      .when(STEP)
      .thenThrows('InvalidEvent');
  });

  test.each([
    ['an unknown tool', callTool('nope', 1), 'UnknownTool'],
    ['an unknown provider', callLLM('nope', 1), 'UnknownTool'],
    ['a tool named like a method of all objects', callTool('toString', 1), 'UnknownTool'],
    ['a tool input that is no JSON', callTool('echo', Number.NaN), 'InvalidToolInput'],
    ['a sleep backwards', sleep(-1), 'Driver'],
    ['a sleep of half a millisecond', sleep(0.5), 'Driver'],
    ['a question that is no JSON', interrupt(undefined), 'NotJson'],
  ] as const)('given a step that asks for %s, when it steps, then it is refused', (_, next, code) => {
    given(scriptProgram([next]))
      .when(STEP)
      .thenThrows(code);
  });

  test('given a program that never asks for anything, when it steps on and on, then StepLimit', () => {
    // A program without the guard: its traps cost more than all else when a test sets them a hundred thousand times.
    const program = { ...scriptProgram([]), step: () => emit() };
    const machine = Machine.start(program, RUN, START);
    for (let step = 0; step < STEPS_WITHOUT_INPUT_MAX; step += 1) machine.advance();
    const before = machine.checkpoint();
    expect(() => {
      machine.advance();
    }).toThrow(kernelError('StepLimit'));
    expect(machine.checkpoint()).toEqual(before);
    expect(machine.deliver(resume('news'))).toBeNull();
    machine.advance();
  });
});

describe('actions', () => {
  test('given a tool call, when it steps, then it is requested under the id of its own seq', () => {
    given(scriptProgram([update(1), ECHO]))
      .when(STEPS)
      .then(event.updated(1), event.tool(2, 'echo', 'hello'))
      .andWaitsFor({
        for: 'action',
        actionId: `${RUN}-2`,
        action: { type: 'CallTool', tool: 'echo', input: 'hello' },
      });
  });

  test('given each kind of action, when it is requested, then its payload is the wire form', () => {
    const script = [callLLM('model', { q: 1 }), sleep(5), waitSignal('go')];
    given(scriptProgram(script))
      .when(STEP, success(1, 'a'), STEP, success(3, null), STEP)
      .then(
        event.requested(1, { CallLLM: { provider: 'model', input: { q: 1 } } }),
        event.succeeded(1, 'a'),
        event.requested(3, { Sleep: { millis: 5 } }),
        event.succeeded(3, null),
        event.requested(5, { WaitSignal: { name: 'go' } }),
      );
  });

  test('given a requested action, when it succeeds, then ActionSucceeded and the next step', () => {
    given(scriptProgram([ECHO]))
      .when(STEP)
      .when(success(1, { said: 'hello' }))
      .then(event.succeeded(1, { said: 'hello' }))
      .andWaitsFor(WAITS_FOR_STEP)
      .when(STEP)
      .then(event.completed);
  });

  test('given a requested action, when it fails, then ActionFailed and the run has failed', () => {
    given(scriptProgram([ECHO]))
      .when(STEP)
      .when(failure(1, 'boom'))
      .then(event.failed(1, 'boom'))
      .andEnded({ type: 'failed', actionId: `${RUN}-1`, error: 'boom' });
  });

  test('given an output that breaks its schema, when it arrives, then ActionFailed says what breaks', () => {
    given(scriptProgram([callTool('count', null)]))
      .when(STEP)
      .when(success(1, 'three'))
      .then(event.failed(1, expect.stringContaining('Executor: output of tool count breaks its schema') as string))
      .andEnded({ type: 'failed', actionId: `${RUN}-1`, error: expect.any(String) as string });
  });

  test.each([
    ['undefined', undefined],
    ['NaN', Number.NaN],
    ['half a surrogate pair', '\ud800'],
    ['too deep', nested(10_000)],
  ])('given an output that is %s, when it arrives, then ActionFailed: the log could not say it', (_, output) => {
    given(scriptProgram([ECHO]))
      .when(STEP)
      .when(success(1, output))
      .then(event.failed(1, expect.stringContaining('Executor: output is refused') as string));
  });

  test('given a failure text with half a surrogate pair, when it arrives, then the log has it made whole', () => {
    given(scriptProgram([ECHO]))
      .when(STEP)
      .when(failure(1, 'cut \ud83d'))
      .then(event.failed(1, 'cut \ufffd'));
  });

  test('given a running action, when the result of another one arrives, then it is an error of the shell', () => {
    given(scriptProgram([ECHO]))
      .when(STEP)
      .when(success(7, 1))
      .thenThrows('Driver', `a result for ${RUN}-7, but the run waits for action ${RUN}-1`);
    given(scriptProgram([])).when(success(1, 1)).thenThrows('Driver', 'its next step');
  });

  test('given a policy that denies, when the action is asked for, then the run is denied and nothing appended', () => {
    const policy = allowList({ tools: ['count'] });
    given(scriptProgram([update(1), ECHO], { policy }))
      .when(STEPS)
      .then(event.updated(1))
      .andEnded({ type: 'denied', code: 'PolicyDenied', reason: 'tool not allowed: echo' });
  });
});

describe('interrupts and answers', () => {
  const asked = (): Happened => given(scriptProgram([update(1), ASK])).when(STEPS);

  test('given a question, when it is asked, then the interrupt is named after its seq', () => {
    asked()
      .then(event.updated(1), event.interrupted({ ask: 'go on?' }))
      .andWaitsFor({ for: 'answer', interruptId: `${RUN}-2`, interrupt: { value: { ask: 'go on?' } } });
  });

  test('given a pending interrupt, when an answer comes, then Resumed and the next step', () => {
    asked().when(resume('yes')).then(event.resumed('yes')).andWaitsFor(WAITS_FOR_STEP);
  });

  test('given a pending interrupt, when an answer names it, then Resumed', () => {
    asked().when(resume('yes', 2)).then(event.resumed('yes'));
  });

  test('given a pending interrupt, when an answer names another one, then it is refused', () => {
    asked().when(resume('yes', 1)).thenRefused('InterruptNotPending');
    asked().when(resume('yes', 3)).thenRefused('InterruptNotPending');
  });

  test('given an answered interrupt, when a second answer names it, then it is refused', () => {
    asked().when(resume('yes', 2)).when(resume('no', 2)).thenRefused('InterruptNotPending');
  });

  test('given a question asked later, when the answer to an earlier one comes again, then it does not answer it', () => {
    given(scriptProgram([ASK, interrupt('delete everything?')]))
      .when(STEP, resume('yes', 1), STEP)
      .when(resume('yes', 1))
      .thenRefused('InterruptNotPending')
      .when(resume('no', 3))
      .then(event.resumed('no'));
  });

  test('given a run that has not begun, when a resume comes, then it is Resumed before the first step', () => {
    given(scriptProgram([ECHO]))
      .when(resume('early'), STEP)
      .then(event.resumed('early'), event.tool(2, 'echo', 'hello'));
  });

  test('given an early resume, when the question is asked later, then the question stays open', () => {
    given(scriptProgram([ASK]))
      .when(resume('early'), STEPS)
      .then(event.resumed('early'), event.interrupted({ ask: 'go on?' }))
      .andWaitsFor({ for: 'answer', interruptId: `${RUN}-2`, interrupt: { value: { ask: 'go on?' } } });
  });

  test('given a running action, when resumes come, then each is appended after its result, in order of arrival', () => {
    given(scriptProgram([ECHO]))
      .when(STEP)
      .when(resume(1), resume(2), signal('other', 3))
      .then()
      .when(success(1, 'done'))
      .then(event.succeeded(1, 'done'), event.resumed(1), event.resumed(2), event.resumed(3))
      .andWaitsFor(WAITS_FOR_STEP);
  });

  test('given a running action, when a resume names an interrupt, then it is refused: none is pending', () => {
    given(scriptProgram([ECHO]))
      .when(STEP)
      .when(resume('yes', 1))
      .thenRefused('InterruptNotPending');
  });

  test('given resumes that wait, when the action fails, then the run has failed without them', () => {
    given(scriptProgram([ECHO]))
      .when(STEP, resume(1))
      .when(failure(1, 'boom'))
      .then(event.failed(1, 'boom'))
      .andEnded({ type: 'failed', actionId: `${RUN}-1`, error: 'boom' });
  });

  test('given answers with a schema, when an answer breaks it, then it is refused and the run stays blocked', () => {
    const interrupts = { asks: z.json() as z.ZodType<Json>, answers: z.enum(['allow', 'deny']) as z.ZodType<Json> };
    const blocked = given(scriptProgram([ASK], { interrupts })).when(STEP);
    blocked.when(resume('perhaps', 1)).thenRefused('InvalidAnswer');
    blocked.when(resume(undefined)).thenRefused('InvalidAnswer');
    blocked.when(resume('allow', 1)).then(event.resumed('allow'));
  });

  test('given an answer that is no JSON, when it comes, then it is refused', () => {
    asked().when(resume(undefined)).thenRefused('InvalidAnswer');
    asked().when(resume('\ud800')).thenRefused('InvalidAnswer');
    asked()
      .when(resume(new Date(0)))
      .thenRefused('InvalidAnswer');
  });

  test('given a run that has ended, when anything comes, then it is refused', () => {
    const ended = given(scriptProgram([])).when(STEP);
    for (const late of [resume(1), signal('go', 1), signal('other', 1), success(1, 1), CANCEL]) {
      ended.when(late).thenRefused('RunFinished');
    }
  });
});

describe('signals', () => {
  const GO = waitSignal('go');

  test('given a run that waits for a signal, when it comes, then its value is the output', () => {
    given(scriptProgram([GO]))
      .when(STEP)
      .when(signal('go', { now: true }))
      .then(event.succeeded(1, { now: true }))
      .andWaitsFor(WAITS_FOR_STEP);
  });

  test('given signals that came early, when they are waited for, then each is taken once, in order of arrival', () => {
    given(scriptProgram([GO, GO, GO]))
      .when(signal('go', 1), signal('go', 2))
      .then()
      .when(STEPS)
      .then(
        event.requested(1, { WaitSignal: { name: 'go' } }),
        event.succeeded(1, 1),
        event.requested(3, { WaitSignal: { name: 'go' } }),
        event.succeeded(3, 2),
        event.requested(5, { WaitSignal: { name: 'go' } }),
      )
      .andWaitsFor({ for: 'action', actionId: `${RUN}-5`, action: { type: 'WaitSignal', name: 'go' } });
  });

  test('given a run that waits for a signal, when another declared one comes, then it waits for its own turn', () => {
    const program = scriptProgram([GO, waitSignal('stop')], { signals: { go: z.json(), stop: z.json() } });
    given(program)
      .when(STEP)
      .when(signal('stop', 's'))
      .then()
      .when(signal('go', 'g'), STEP)
      .then(event.succeeded(1, 'g'), event.requested(3, { WaitSignal: { name: 'stop' } }), event.succeeded(3, 's'));
  });

  test('given a signal that the program does not declare, when it comes, then it acts as a resume', () => {
    given(scriptProgram([ASK]))
      .when(STEP)
      .when(signal('payment', { amount: 12 }))
      .then(event.resumed({ amount: 12 }));
    given(scriptProgram([])).when(signal('payment', 1)).then(event.resumed(1));
  });

  test('given an undeclared signal that the run waits for, when it comes, then it is the output', () => {
    given(scriptProgram([waitSignal('payment')]))
      .when(STEP)
      .when(signal('payment', 1))
      .then(event.succeeded(1, 1));
  });

  test('given a run that waits for a signal, when resumes come, then they are appended after it', () => {
    given(scriptProgram([GO]))
      .when(STEP, resume('r'), signal('other', 'o'))
      .when(signal('go', 'g'))
      .then(event.succeeded(1, 'g'), event.resumed('r'), event.resumed('o'));
  });

  test('given a declared signal, when its value breaks its schema, then it is refused', () => {
    const program = scriptProgram([GO], { signals: { go: z.int() } });
    given(program).when(signal('go', 'x')).thenRefused('InvalidSignal');
    given(program).when(STEP).when(signal('go', 'x')).thenRefused('InvalidSignal');
    given(program).when(STEP).when(signal('go', 4)).then(event.succeeded(1, 4));
  });

  test('given a signal named like a method of all objects, when it comes, then it is an undeclared one', () => {
    given(scriptProgram([])).when(signal('constructor', 1)).then(event.resumed(1));
    given(scriptProgram([])).when(signal('__proto__', 1)).then(event.resumed(1));
  });
});

describe('unread inputs', () => {
  const many = Array.from({ length: UNREAD_INPUTS_MAX }, (_, index) => signal('go', index));

  test('given as many unread inputs as there may be, when another one comes, then it is refused', () => {
    const full = given(scriptProgram([ECHO])).when(STEP, ...many);
    full.when(signal('go', 'one more')).thenRefused('TooManyUnread');
    full.when(resume('one more')).thenRefused('TooManyUnread');
    full.when(signal('other', 'one more')).thenRefused('TooManyUnread');
    full.when(success(1, 'done')).then(event.succeeded(1, 'done'));
  });

  test('given a full inbox, when the answer comes that the run waits for, then it is taken: else it would wait for ever', () => {
    given(scriptProgram([ASK]))
      .when(STEP, ...many)
      .when(resume('yes', 1))
      .then(event.resumed('yes'));
  });

  test('given a full inbox, when the signal comes that the run waits for, then it is taken: else it would wait for ever', () => {
    given(scriptProgram([waitSignal('stop')], { signals: { go: z.json(), stop: z.json() } }))
      .when(STEP, ...many)
      .when(signal('stop', 's'))
      .then(event.succeeded(1, 's'));
  });
});

describe('cancel', () => {
  const CANCELLED = { type: 'cancelled' } as const;

  test('given a run between two steps, when it is cancelled, then it has ended and nothing is appended', () => {
    given(scriptProgram([ECHO]))
      .when(CANCEL)
      .then()
      .andEnded(CANCELLED);
  });

  test('given a pending interrupt, when the run is cancelled, then it has ended and answers are refused', () => {
    given(scriptProgram([ASK]))
      .when(STEP)
      .when(CANCEL)
      .then()
      .andEnded(CANCELLED)
      .when(resume('yes', 1))
      .thenRefused('RunFinished');
  });

  test('given a run that waits for a signal, when it is cancelled, then the wait failed', () => {
    given(scriptProgram([waitSignal('go')]))
      .when(STEP)
      .when(CANCEL)
      .then(event.failed(1, CANCELLED_ERROR))
      .andEnded(CANCELLED);
  });

  test('given a running action, when the run is cancelled, then it waits for what the action did', () => {
    const cancelling = (): Happened =>
      given(scriptProgram([ECHO, ASK]))
        .when(STEP)
        .when(CANCEL)
        .then();
    cancelling().when(success(1, 'done')).then(event.succeeded(1, 'done')).andEnded(CANCELLED);
    cancelling().when(failure(1, CANCELLED_ERROR)).then(event.failed(1, CANCELLED_ERROR)).andEnded(CANCELLED);
    cancelling().when(CANCEL).then();
    cancelling().when(resume('late')).thenRefused('RunFinished');
    cancelling().when(signal('go', 'late')).thenRefused('RunFinished');
  });

  test('given a running action and resumes that wait, when cancelled and done, then they are appended: they were accepted', () => {
    given(scriptProgram([ECHO]))
      .when(STEP, resume('r'), CANCEL)
      .when(success(1, 'done'))
      .then(event.succeeded(1, 'done'), event.resumed('r'))
      .andEnded(CANCELLED);
  });

  test('given a cancelled run, when it is cancelled again, then it is refused', () => {
    given(scriptProgram([])).when(CANCEL).when(CANCEL).thenRefused('RunFinished');
  });
});

describe('a broken program', () => {
  const throwing = (): never => {
    throw new Error('a bug');
  };

  test('given a step that throws, when it steps, then the machine is as it was', () => {
    given(scriptProgram([], { step: throwing }))
      .when(STEP)
      .thenThrows('Driver', 'step of script failed: a bug');
  });

  test('given a reduce that throws, when anything is appended, then the machine is as it was', () => {
    const program = (script: readonly Next[], at: Event['type']): ReturnType<typeof scriptProgram> =>
      scriptProgram(script, {
        step: (state) => script[state.seen.length] ?? complete(),
        reduce: (state, { type }) => (type === at ? throwing() : { ...state, seen: [...state.seen, type] }),
      });
    given(program([update(1)], 'StateUpdated'))
      .when(STEP)
      .thenThrows('Reducer', 'at event 1 (StateUpdated): a bug');
    given(program([ECHO], 'ActionRequested'))
      .when(STEP)
      .thenThrows('Reducer');
    given(program([ASK], 'Interrupted'))
      .when(STEP)
      .thenThrows('Reducer');
    given(program([], 'Completed')).when(STEP).thenThrows('Reducer');
    given(program([ASK], 'Resumed'))
      .when(STEP)
      .when(resume(1))
      .thenThrows('Reducer');
    given(program([ECHO], 'ActionSucceeded'))
      .when(STEP)
      .when(success(1, 1))
      .thenThrows('Reducer');
    given(program([ECHO], 'ActionFailed'))
      .when(STEP)
      .when(failure(1, 'x'))
      .thenThrows('Reducer');
    given(program([ECHO], 'Resumed'))
      .when(STEP, resume(1))
      .when(success(1, 1))
      .thenThrows('Reducer');
    given(program([waitSignal('go')], 'ActionFailed'))
      .when(STEP)
      .when(CANCEL)
      .thenThrows('Reducer');
    given(program([waitSignal('go')], 'ActionSucceeded'))
      .when(signal('go', 1))
      .when(STEP)
      .thenThrows('Reducer');
  });

  test('given a batch whose last event breaks reduce, when it is emitted, then none of it is appended', () => {
    const program = scriptProgram([], {
      step: () => emit(event.updated(1) as never, event.updated('bad') as never),
      reduce: (state, seen) =>
        seen.type === 'StateUpdated' && seen.payload === 'bad' ? throwing() : { ...state, at: 1 },
    });
    given(program).when(STEP).thenThrows('Reducer', 'at event 2');
  });

  test('given a state that breaks its schema, when it is reduced, then InvalidState says where', () => {
    const program = scriptProgram([update(1)], { reduce: () => ({ at: 'one', seen: [] }) as never });
    given(program).when(STEP).thenThrows('InvalidState', 'at: ');
  });

  test('given a reduce or step that changes the state it is given, when it does, then it fails: states are frozen', () => {
    const vandal = (state: { at: number }): never => {
      state.at = 99;
      throw new Error('not reached');
    };
    given(scriptProgram([], { step: (state) => vandal(state) }))
      .when(STEP)
      .thenThrows('Driver', 'read only property');
    given(scriptProgram([update(1)], { reduce: (state) => vandal(state) }))
      .when(STEP)
      .thenThrows('Reducer', 'read only property');
  });

  test('given a step that reads the clock, when it steps, then DeterminismViolation names the call', () => {
    given(scriptProgram([], { step: () => update(Date.now()) }))
      .when(STEP)
      .thenThrows('DeterminismViolation', 'step called Date.now()');
    given(scriptProgram([update(1)], { reduce: (state) => ({ ...state, at: Math.random() }) }))
      .when(STEP)
      .thenThrows('DeterminismViolation', 'reduce called Math.random()');
    const policy = { ...allowList({}), authorize: () => (Date.now() > 0 ? ({ type: 'allow' } as const) : throwing()) };
    given(scriptProgram([ECHO], { policy }))
      .when(STEP)
      .thenThrows('DeterminismViolation', 'policy called Date.now()');
  });

  test('given a program that was mended, when the run goes on from its checkpoint, then as if nothing happened', () => {
    const broken = given(scriptProgram([ECHO], { reduce: throwing }))
      .when(STEP)
      .thenThrows('Reducer');
    const mended = Machine.restore(scriptProgram([ECHO]), broken.machine.checkpoint());
    mended.advance();
    expect(mended.drain().map((entry) => entry.event)).toEqual([event.tool(1, 'echo', 'hello')]);
  });
});

describe('asking before delivering', () => {
  test('given any input, when refusalOf is asked, then nothing changes and it says what deliver would', () => {
    const { machine } = given(scriptProgram([ASK])).when(STEP);
    const before = machine.checkpoint();
    expect(machine.refusalOf(resume('yes', 9))?.code).toBe('InterruptNotPending');
    expect(machine.refusalOf(resume('yes', 1))).toBeNull();
    expect(machine.refusalOf(CANCEL)).toBeNull();
    expect(machine.checkpoint()).toEqual(before);
    expect(machine.drain()).toEqual([]);
  });
});

function nested(levels: number): Json {
  let value: Json = null;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}
