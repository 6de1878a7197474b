import { encodeSuspension, ExecutionSuspension } from '../../src/kernel/execution-suspension';
import { kernelError } from './kernel-error-matcher';

const running = ExecutionSuspension.running('run-1', 1_000);

describe("the specification's own tests", () => {
  test('new_suspension_is_running', () => {
    expect(running).toMatchObject({ state: 'Running', isRunning: true, isSuspended: false, stateChangedAtMs: 1_000 });
  });

  test('running_to_suspended_transition', () => {
    const suspended = running.suspend(2_000, 'user requested');
    expect(suspended).toMatchObject({ state: 'Suspended', isRunning: false, isSuspended: true });
    expect(suspended).toMatchObject({ stateChangedAtMs: 2_000, reason: 'user requested' });
  });

  test('suspended_to_waiting_input', () => {
    const waiting = running.suspend(2_000, 'why').waitInput(3_000);
    expect(waiting).toMatchObject({ state: 'WaitingInput', isSuspended: true, stateChangedAtMs: 3_000, reason: 'why' });
  });

  test('waiting_input_to_running_resume', () => {
    const resumed = running.suspend(2_000, 'why').waitInput(3_000).resume(4_000);
    expect(resumed).toMatchObject({ isRunning: true, stateChangedAtMs: 4_000, reason: null });
  });

  test('invalid_transition_running_to_waiting', () => {
    expect(() => running.waitInput(2_000)).toThrow('invalid state transition of run-1 from Running to WaitingInput');
  });
});

const suspended = running.suspend(2_000);
const waiting = suspended.waitInput(3_000);

test.each([
  ['Running', 'WaitingInput', () => running.waitInput(9)],
  ['Running', 'Running', () => running.resume(9)],
  ['Suspended', 'Suspended', () => suspended.suspend(9)],
  ['Suspended', 'Running', () => suspended.resume(9)],
  ['WaitingInput', 'Suspended', () => waiting.suspend(9)],
  ['WaitingInput', 'WaitingInput', () => waiting.waitInput(9)],
] as const)('given %s, then it can’t become %s', (_from, _to, transition) => {
  expect(transition).toThrow(kernelError('InvalidTransition'));
});

test('given a transition, then the suspension before it is what it was, and nobody can change either', () => {
  expect(running).toMatchObject({ state: 'Running', stateChangedAtMs: 1_000 });
  expect(() => Object.assign(suspended, { state: 'Running' })).toThrow(TypeError);
});

test.each([Number.NaN, 0.5, Infinity])('given %d as the time, then it is refused', (nowMs) => {
  expect(() => ExecutionSuspension.running('run-1', nowMs)).toThrow(kernelError('InvalidTime'));
  expect(() => running.suspend(nowMs)).toThrow(kernelError('InvalidTime'));
});

test('given a suspension, then its text is the reference’s', () => {
  expect(JSON.stringify(encodeSuspension(running))).toBe(
    '{"run_id":"run-1","state":"Running","state_changed_at":"1970-01-01T00:00:01Z","reason":null}',
  );
  expect(JSON.stringify(encodeSuspension(running.suspend(2_001, 'why').waitInput(2_001)))).toBe(
    '{"run_id":"run-1","state":"WaitingInput","state_changed_at":"1970-01-01T00:00:02.001Z","reason":"why"}',
  );
});
