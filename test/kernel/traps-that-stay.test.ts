/** The guard as it is in a sandbox, where the traps stay between guarded calls. */
import { guarded, letTrapsStay } from '../../src/kernel/determinism-guard';

const originals = { Date, Math, setTimeout, random: Math.random };

beforeAll(() => {
  letTrapsStay();
  guarded('step', () => 1);
});
afterAll(() => {
  Object.assign(globalThis, { Date: originals.Date, setTimeout: originals.setTimeout });
  Math.random = originals.random;
});

test('given guarded code, then what it may not call is refused, as everywhere', () => {
  expect(() => guarded('step', () => Date.now())).toThrow('step called Date.now()');
  expect(() => guarded('reduce', () => new Date())).toThrow('reduce called new Date()');
  expect(() => guarded('policy', () => Date())).toThrow('policy called Date()');
  expect(() => guarded('step', () => Math.random())).toThrow('step called Math.random()');
  expect(() => guarded('step', () => setTimeout(() => undefined, 0))).toThrow('step called setTimeout()');
  expect(() => guarded('step', () => process.hrtime.bigint())).toThrow('step called process.hrtime.bigint()');
});

test('given code between guarded calls, then the traps are in their places, and pass every call on', async () => {
  expect(Date).not.toBe(originals.Date);
  expect(setTimeout).not.toBe(originals.setTimeout);

  expect(Date.now()).toBeGreaterThan(0);
  expect(new Date()).toBeInstanceOf(originals.Date);
  expect(new Date() instanceof Date).toBe(true);
  expect(new Date(0).toISOString()).toBe('1970-01-01T00:00:00.000Z');
  expect(Date()).toContain(String(new Date().getFullYear()));
  expect(Date.UTC(1970, 0, 1)).toBe(0);
  expect(Math.random()).toBeLessThan(1);
  expect(typeof process.hrtime.bigint()).toBe('bigint');
  expect(process.hrtime()).toHaveLength(2);
  expect(await new Promise((resolve) => setTimeout(resolve, 0, 'rung'))).toBe('rung');
});

test('given a class of somebody who extends Date, then its dates are of that class', () => {
  class Deadline extends Date {}
  expect(new Deadline(0)).toBeInstanceOf(Deadline);
  expect(new Deadline(0).getTime()).toBe(0);
});

test('given another guarded call, then the traps are the same ones', () => {
  const before = [Date, setTimeout, Math.random];
  guarded('step', () => 1);
  expect(() => guarded('step', () => Date.now())).toThrow();
  expect([Date, setTimeout, Math.random]).toEqual(before);
});

test('given a guarded call that never ended, when another run has its own globals, then it is free outside of its own guarded calls', () => {
  const first = globalThis.Date;
  class OtherDate extends originals.Date {}
  guarded('step', () => {
    // The sandbox ended the first run here, and goes on with another one.
    globalThis.Date = OtherDate as DateConstructor;
    expect(guarded('reduce', () => 'fine')).toBe('fine');
    expect(Date.now()).toBeGreaterThan(0);
    expect(() => guarded('reduce', () => Date.now())).toThrow('reduce called Date.now()');
    globalThis.Date = first;
  });
  expect(() => guarded('step', () => Date.now())).toThrow('step called Date.now()');
});

test('given two kernels in one bundle, and a frozen Math, then the guards of both act, and each finds the traps of the other', () => {
  const real = Math;
  globalThis.Math = Object.freeze(Object.create(real, { random: { value: () => 0.5 } })) as Math;
  try {
    guarded('step', () => 1);
    const staying = [Date, Math, setTimeout];
    jest.isolateModules(() => {
      const other = jest.requireActual<typeof import('../../src/kernel/determinism-guard')>(
        '../../src/kernel/determinism-guard',
      );
      expect(other.guarded).not.toBe(guarded);
      expect(other.guarded('reduce', () => Math.max(1, 2))).toBe(2);
      expect(() => other.guarded('reduce', () => Math.random())).toThrow('reduce called Math.random()');
      expect(() => other.guarded('reduce', () => Date.now())).toThrow('reduce called Date.now()');
    });
    expect([Date, Math, setTimeout]).toEqual(staying);
    expect(() => guarded('step', () => Math.random())).toThrow('step called Math.random()');
    expect(Math.random()).toBe(0.5);
  } finally {
    globalThis.Math = real;
  }
});
