/** One timer for all who want to be called as often. */
import { Pulse } from '../../src/activities/pulse';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('given two who want to be called as often, then one timer calls both, and each until it wants no more', () => {
  const [one, other] = [jest.fn(), jest.fn()];
  const pulse = Pulse.every(1_000);
  pulse.add(one);
  jest.advanceTimersByTime(400);
  Pulse.every(1_000).add(other);
  expect(jest.getTimerCount()).toBe(1);

  jest.advanceTimersByTime(600);
  expect([one.mock.calls.length, other.mock.calls.length]).toEqual([1, 1]);
  pulse.remove(one);
  jest.advanceTimersByTime(2_000);
  expect([one.mock.calls.length, other.mock.calls.length]).toEqual([1, 3]);
  pulse.remove(other);
});

test('given nobody who is left, then the timer ends with its next beat, and starts again with whoever comes', () => {
  const beat = jest.fn();
  const pulse = Pulse.every(300);
  pulse.add(beat);
  pulse.remove(beat);
  jest.advanceTimersByTime(300);
  expect(jest.getTimerCount()).toBe(0);
  expect(beat).not.toHaveBeenCalled();

  pulse.add(beat);
  jest.advanceTimersByTime(300);
  expect(beat).toHaveBeenCalledTimes(1);
  pulse.remove(beat);
  jest.advanceTimersByTime(300);
  expect(jest.getTimerCount()).toBe(0);
});

test('given two intervals, then each has a timer of its own', () => {
  const [slow, fast] = [jest.fn(), jest.fn()];
  Pulse.every(500).add(slow);
  Pulse.every(100).add(fast);
  jest.advanceTimersByTime(500);
  expect([slow.mock.calls.length, fast.mock.calls.length]).toEqual([1, 5]);
  Pulse.every(500).remove(slow);
  Pulse.every(100).remove(fast);
  jest.advanceTimersByTime(500);
  expect(jest.getTimerCount()).toBe(0);
});
