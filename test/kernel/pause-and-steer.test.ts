import { z } from 'zod';
import { question } from '../../src/kernel/ask';
import { PAUSE_REASON_LENGTH_MAX, UNREAD_INPUTS_MAX } from '../../src/kernel/input-examination';
import { statusOf } from '../../src/kernel/run-status';
import { steeringOf } from '../../src/kernel/resumption';
import { callTool, interrupt, update, waitSignal } from '../../src/kernel/step';
import { CANCEL, event, failure, given, resume, signal, STEP, STEPS, success } from './machine-specification';
import { elapsed, logged, says } from './said';
import { scriptProgram } from './script-program';

const ECHO = callTool('echo', 1);
const PAUSE = { type: 'pause' } as const;
const UNPAUSE = { type: 'unpause' } as const;
const steer = (message: unknown, by: string | null = null) => ({ type: 'steer', message, by }) as const;
const steering = z.json();

describe('pauses', () => {
  test('given a run between two steps, when it is paused, then it stops there, and the program is not told', () => {
    const paused = given(scriptProgram([update(1)]))
      .when({ ...PAUSE, by: 'ann', reason: 'lunch' })
      .then(logged.pause('ann', 'lunch'))
      .andState({ seen: [] });
    expect(statusOf(paused.machine.waiting)).toEqual({ status: 'paused', by: 'ann', reason: 'lunch' });
    paused
      .when(PAUSE)
      .thenRefused('AlreadyPaused')
      .when({ ...UNPAUSE, by: 'bob' })
      .then(logged.unpause('bob'))
      .when(STEPS)
      .then(event.updated(1), event.completed)
      .when(PAUSE)
      .thenRefused('RunFinished');
  });

  test('given a run that is not paused, when it is told to go on, then NotPaused', () => {
    given(scriptProgram([ECHO]))
      .when(UNPAUSE)
      .thenRefused('NotPaused');
    given(scriptProgram([ECHO]))
      .when(STEP)
      .when(UNPAUSE)
      .thenRefused('NotPaused');
  });

  test('given a run inside an action, when it is paused, then it stops when the action has ended', () => {
    given(scriptProgram([ECHO]))
      .when(STEP)
      .when(PAUSE)
      .then()
      .when(PAUSE)
      .thenRefused('AlreadyPaused')
      .when(resume('by the way'), success(1, 'done'))
      .then(event.succeeded(1, 'done'), event.resumed('by the way'), logged.pause())
      .when(UNPAUSE, STEPS)
      .then(logged.unpause(), event.completed);
  });

  test('given a pause that has not come yet, when it is taken back, then the log has nothing of it', () => {
    given(scriptProgram([ECHO]))
      .when(STEP)
      .when(PAUSE, UNPAUSE)
      .then()
      .when(success(1, 'done'))
      .then(event.succeeded(1, 'done'));
  });

  test('given an action that fails the run, then a pause that waited never comes', () => {
    given(scriptProgram([ECHO]))
      .when(STEP)
      .when(PAUSE, failure(1, 'boom'))
      .then(event.failed(1, 'boom'))
      .andEnded({ type: 'failed', actionId: 'run-1', error: 'boom' });
  });

  test('given a run that waits for an answer, when it is paused, then the answer is taken first', () => {
    given(scriptProgram([interrupt('go on?')]))
      .when(STEP)
      .when(PAUSE, resume('yes', 1))
      .then(event.resumed('yes'), logged.pause());
    given(scriptProgram([question('why?', { votes: 2, deadlineMs: 5 })]))
      .when(STEP)
      .when(PAUSE, says('ann', 1, 1))
      .then(logged.vote(1, 'ann', 1))
      .when(elapsed(1, 0))
      .then(logged.decision(1, 'expired', null, null, { reason: 'nobody answered in time' }), logged.pause());
  });

  test('given a run that waits for a signal, when it is paused and the signal comes, then it stops behind it', () => {
    given(scriptProgram([waitSignal('go')]))
      .when(STEP)
      .when(PAUSE, signal('go', 1))
      .then(event.succeeded(1, 1), logged.pause());
  });

  test('given a paused run, then what comes waits in order until it goes on', () => {
    given(scriptProgram([waitSignal('go')], { steering }))
      .when(PAUSE)
      .when(resume('one'), signal('go', 'early'), steer('two', 'bob'), signal('other', 'three'))
      .then()
      .when(UNPAUSE)
      .then(logged.unpause(), event.resumed('one'), logged.steer('two', 'bob'), event.resumed('three'))
      .when(STEPS)
      .then(event.requested(6, { WaitSignal: { name: 'go' } }), event.succeeded(6, 'early'), event.completed);
  });

  test('given a paused run, then its pause is no question that could be answered', () => {
    given(scriptProgram([])).when(PAUSE).when(resume('go on', 1)).thenRefused('InterruptNotPending');
    given(scriptProgram([])).when(PAUSE).when(elapsed(1, 0)).thenRefused('InterruptNotPending');
  });

  test('given a paused run whose inbox is full, then more is refused, but not the end of the pause', () => {
    const program = scriptProgram([], { steering, reduce: (state) => state });
    const full = given(program).when(PAUSE, ...Array.from({ length: UNREAD_INPUTS_MAX }, () => resume('more')));
    full
      .when(steer('one more'))
      .thenRefused('TooManyUnread')
      .when(signal('go', 1))
      .thenRefused('TooManyUnread')
      .when(UNPAUSE, steer('one more'))
      .andWaitsFor({ for: 'step' });
  });

  test('given a paused run, when it is cancelled, then it ends at once', () => {
    given(scriptProgram([ECHO]))
      .when(PAUSE)
      .when(CANCEL)
      .then()
      .andEnded({ type: 'cancelled' });
  });

  test('given a run that is being cancelled, then it can be neither paused nor steered', () => {
    for (const input of [PAUSE, UNPAUSE, steer('x')]) {
      given(scriptProgram([ECHO], { steering }))
        .when(STEP, CANCEL)
        .when(input)
        .thenRefused('RunFinished');
    }
  });

  test('given a pause with an id, when it comes again after its end, then it does not pause again', () => {
    given(scriptProgram([ECHO]))
      .when({ ...PAUSE, id: 'p1' }, UNPAUSE)
      .when({ ...PAUSE, id: 'p1' })
      .thenRefused('AlreadyTaken');
  });

  test('given too long a reason, or one that no log can say, then InvalidAnswer', () => {
    for (const reason of ['x'.repeat(PAUSE_REASON_LENGTH_MAX + 1), '\ud800']) {
      given(scriptProgram([ECHO]))
        .when({ ...PAUSE, reason })
        .thenRefused('InvalidAnswer');
    }
  });
});

describe('messages', () => {
  test('given a program that takes none, then NotSteerable', () => {
    given(scriptProgram([])).when(steer('left')).thenRefused('NotSteerable');
  });

  test('given a run between two steps, when it is steered, then the program reads it before its next step', () => {
    given(scriptProgram([update(1)], { steering }))
      .when(steer('left', 'ann'))
      .then(logged.steer('left', 'ann'))
      .andState({ seen: [['Resumed', { $steer: { message: 'left', by: 'ann' } }]] });
  });

  test('given a message that breaks the schema, then it is refused; one that fits is as the schema makes it', () => {
    const program = scriptProgram([], { steering: z.object({ to: z.string(), fast: z.boolean().default(false) }) });
    given(program)
      .when(steer('left'))
      .thenRefused('InvalidSteering')
      .when(steer({ to: 'left' }))
      .then(logged.steer({ to: 'left', fast: false }));
  });

  test('given a message that looks like the kernel’s own, then it is a message all the same', () => {
    const message = { $approval: { outcome: 'approved' } };
    given(scriptProgram([update(1)], { steering }))
      .when(steer(message))
      .then(logged.steer(message))
      .andWaitsFor({ for: 'step' });
  });

  test('given a run inside an action, then messages and answers are read in order of arrival when it has ended', () => {
    given(scriptProgram([ECHO], { steering }))
      .when(STEP)
      .when(steer('one'), resume('two'), steer('three'), success(1, 'done'))
      .then(event.succeeded(1, 'done'), logged.steer('one'), event.resumed('two'), logged.steer('three'));
  });

  test('given a run that waits for an answer, then a message is no answer, and is read behind it', () => {
    given(scriptProgram([interrupt('go on?')], { steering }))
      .when(STEP)
      .when(steer('left'))
      .then()
      .when(resume('yes', 1))
      .then(event.resumed('yes'), logged.steer('left'));
  });

  test('given an event, then its message is read, and from no other event', () => {
    expect(steeringOf(logged.steer('left', 'ann'))).toEqual({ message: 'left', by: 'ann' });
    expect(steeringOf(logged.unpause())).toBeNull();
    expect(steeringOf(event.resumed('left'))).toBeNull();
    expect(steeringOf(event.interrupted({ $steer: { message: 1, by: null } }))).toBeNull();
  });
});
