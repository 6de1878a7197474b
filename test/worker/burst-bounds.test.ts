/** The bounds of a burst: a second, 200 calls, 64 kB of results, or what a worker says instead; whichever is reached first. */
import { BurstBounds, burstLimits } from '../../src/activities/burst-bounds';
import { NOTHING_DONE, type Collected, type Stretch } from '../../src/kernel';
import { KernelPlugin } from '../../src/plugin';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const results = (count: number, output = ''): readonly Collected[] =>
  Array.from({ length: count }, (_, index) => ({ actionId: `r-${index}`, result: { type: 'success', output } }));

function isOver(bounds: BurstBounds, done: readonly Collected[]): boolean {
  const stretch: Stretch = { ...NOTHING_DONE, results: done };
  return bounds.isOver(stretch);
}

test('given a burst that has done nothing, when a second has passed, then its first call may begin all the same', () => {
  const bounds = new BurstBounds(burstLimits());
  jest.advanceTimersByTime(5_000);
  expect(isOver(bounds, [])).toBe(false);
});

test('given a burst that has done a call, when a second has passed, then no other call begins', () => {
  const bounds = new BurstBounds(burstLimits());
  jest.advanceTimersByTime(999);
  expect(isOver(bounds, results(1))).toBe(false);
  jest.advanceTimersByTime(1);
  expect(isOver(bounds, results(1))).toBe(true);
});

test('given a burst that has 400 ms left, then a call may wait for 399 ms, and for no longer', () => {
  const bounds = new BurstBounds(burstLimits());
  jest.advanceTimersByTime(600);
  expect([bounds.hasTimeFor(399), bounds.hasTimeFor(400)]).toEqual([true, false]);
});

test('given a burst of 199 calls, then another call begins, and behind that none', () => {
  const bounds = new BurstBounds(burstLimits());
  expect(isOver(bounds, results(199))).toBe(false);
  expect(isOver(bounds, results(200))).toBe(true);
});

test('given results of more than 64 kB, then no other call begins; bytes count, and not characters', () => {
  const [below, above] = [new BurstBounds(burstLimits()), new BurstBounds(burstLimits())];
  below.add(results(1, 'x'.repeat(40_000)));
  above.add(results(1, 'ß'.repeat(40_000)));
  expect(isOver(below, results(1))).toBe(false);
  expect(isOver(above, results(1))).toBe(true);
});

test('given results that are added one after the other, then all of them count', () => {
  const bounds = new BurstBounds(burstLimits());
  for (let call = 0; call < 3; call += 1) bounds.add(results(1, 'x'.repeat(21_000)));
  expect(isOver(bounds, results(3))).toBe(false);
  bounds.add(results(1, 'x'.repeat(1_000)));
  expect(isOver(bounds, results(4))).toBe(true);
});

test('given limits of a worker, then they are in force, and the others as ever', () => {
  const bounds = new BurstBounds(burstLimits({ calls: 3 }));
  expect([isOver(bounds, results(2)), isOver(bounds, results(3))]).toEqual([false, true]);
  jest.advanceTimersByTime(1_000);
  expect(isOver(bounds, results(1))).toBe(true);
});

test.each<[object, string]>([
  [{ ms: 4_001 }, 'bursts.ms is 4001: it must be a whole number from 1 to 4000'],
  [{ calls: 0 }, 'bursts.calls is 0: it must be a whole number from 1 to 1000'],
  [{ bytes: 1.5 }, 'bursts.bytes is 1.5: it must be a whole number from 1 to 500000'],
  [{ seconds: 1 }, 'bursts.seconds: there is no such limit; there are calls, bytes, ms'],
])('given the limits %j, then no worker is made with them, and it says why', (bursts, says) => {
  const make = () => new KernelPlugin({ programs: [], bursts });
  expect(make).toThrow(expect.objectContaining({ code: 'InvalidWorkerOptions' }) as Error);
  expect(make).toThrow(says);
});
