import { guarded } from '../../src/kernel/determinism-guard';
import { kernelError } from './kernel-error-matcher';

/** Every call that guarded code may not make, by the name that the error gives it. */
const FORBIDDEN: readonly (readonly [name: string, call: () => unknown])[] = [
  ['Date.now()', () => Date.now()],
  ['new Date()', () => new Date()],
  ['Date()', () => Date()],
  ['Math.random()', () => Math.random()],
  ['performance.now()', () => performance.now()],
  ['crypto.randomUUID()', () => crypto.randomUUID()],
  ['crypto.getRandomValues()', () => crypto.getRandomValues(new Uint8Array(1))],
  ['process.hrtime()', () => process.hrtime()],
  ['process.hrtime.bigint()', () => process.hrtime.bigint()],
  ['setTimeout()', () => setTimeout(() => undefined, 0)],
  ['setInterval()', () => setInterval(() => undefined, 1)],
  ['setImmediate()', () => setImmediate(() => undefined)],
  [
    'queueMicrotask()',
    () => {
      queueMicrotask(() => undefined);
    },
  ],
  ['fetch()', () => fetch('http://localhost')],
];

/** Jest's environment hides some globals; those that are not there can't be called by anybody. */
const THERE = FORBIDDEN.filter(([name]) => ownerAndKey(name).there);

describe('forbidden calls', () => {
  test('given this environment, then nearly all of them are there to be tried', () => {
    expect(THERE.length).toBeGreaterThan(FORBIDDEN.length - 4);
  });

  test.each(THERE)('given %s in guarded code, then DeterminismViolation names it', (name, call) => {
    expect(() => guarded('step', call)).toThrow(kernelError('DeterminismViolation'));
    expect(() => guarded('step', call)).toThrow(`step called ${name}`);
    expect(() => guarded('reduce', call)).toThrow(`reduce called ${name}`);
    expect(() => guarded('policy', call)).toThrow(`policy called ${name}`);
  });

  test.each(THERE)('given %s, when guarded code swallows the error, then it fails all the same', (name, call) => {
    const swallowing = (): string => {
      try {
        call();
      } catch {
        return 'swallowed';
      }
      return 'not refused';
    };
    expect(() => guarded('step', swallowing)).toThrow(`step called ${name}`);
  });

  test('given a violation, when guarded code wraps its error in another one, then the violation is what is thrown', () => {
    const wrapping = (): never => {
      try {
        throw new Error(String(Date.now()));
      } catch {
        throw new Error('something went wrong');
      }
    };
    expect(() => guarded('step', wrapping)).toThrow('step called Date.now()');
  });

  test('given a forbidden call, when it is made with new, then it is forbidden all the same', () => {
    expect(() => guarded('step', () => Reflect.construct(setTimeout, [() => undefined, 0]) as unknown)).toThrow(
      'step called setTimeout()',
    );
  });
});

describe('what comes after', () => {
  test('given guarded code that returns, throws or is refused, then every original is in its place again', () => {
    const originals = (): unknown[] => THERE.map(([name]) => ownerAndKey(name).value());
    const before = [...originals(), Math, Date];
    const intact = (): void => {
      expect([...originals(), Math, Date].every((value, index) => value === before[index])).toBe(true);
    };
    guarded('step', () => 1);
    intact();
    expect(() =>
      guarded('step', () => {
        throw new Error('a bug');
      }),
    ).toThrow('a bug');
    intact();
    for (const [, call] of THERE) expect(() => guarded('step', call)).toThrow();
    intact();
    expect(Math.random()).toBeLessThan(1);
    expect(new Date().getTime()).toBeGreaterThan(0);
  });

  test('given a violation, when the next guarded code behaves, then it is not blamed', () => {
    expect(() => guarded('step', () => Date.now())).toThrow();
    expect(guarded('step', () => 'fine')).toBe('fine');
  });

  test('given a clock that somebody replaced, then theirs is trapped, and theirs is put back', () => {
    const theirs = (): number => 42;
    const original = Math.random;
    const realDate = globalThis.Date;
    class TheirDate extends realDate {
      static override now(): number {
        return theirs();
      }
    }
    globalThis.Date = TheirDate as DateConstructor;
    try {
      expect(() => guarded('step', () => Date.now())).toThrow('step called Date.now()');
      expect(Date.now()).toBe(42);
    } finally {
      globalThis.Date = realDate;
    }
    expect(() => guarded('step', () => Date.now())).toThrow('step called Date.now()');
    expect(Math.random).toBe(original);
  });
});

describe('clocks that a test tool put in', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  test('given every clock faked, then the fakes are trapped, and are there again afterwards', () => {
    guarded('step', () => 1);
    jest.useFakeTimers({ now: 42 });
    for (const [name, call] of THERE) expect(() => guarded('step', call)).toThrow(`step called ${name}`);
    expect(Date.now()).toBe(42);
    jest.useRealTimers();
    for (const [name, call] of THERE) expect(() => guarded('step', call)).toThrow(`step called ${name}`);
    expect(Date.now()).toBeGreaterThan(42);
  });

  test('given a performance object that was replaced whole, then the new one is trapped', () => {
    guarded('step', () => 1);
    const real = performance;
    Object.defineProperty(globalThis, 'performance', { value: { now: () => 42 }, configurable: true, writable: true });
    try {
      expect(() => guarded('step', () => performance.now())).toThrow('step called performance.now()');
      expect(performance.now()).toBe(42);
    } finally {
      Object.defineProperty(globalThis, 'performance', { value: real, configurable: true, writable: true });
    }
  });

  test('given a global that is not there, then the guard does not make it', () => {
    const names = Object.getOwnPropertyNames(globalThis);
    guarded('step', () => 1);
    expect(Object.getOwnPropertyNames(globalThis)).toEqual(names);
  });
});

describe('chance that is frozen', () => {
  test('given a frozen Math, as in the workflow sandbox, then Math.random() is trapped and the rest works', () => {
    const real = Math;
    const frozen = Object.freeze(Object.create(Math, { random: { value: () => 0.5 } })) as Math;
    globalThis.Math = frozen;
    try {
      expect(() => guarded('step', () => Math.random())).toThrow('step called Math.random()');
      expect(guarded('step', () => Math.max(1, 2))).toBe(2);
      expect(Math.random()).toBe(0.5);
      expect(Math).toBe(frozen);
    } finally {
      globalThis.Math = real;
    }
    expect(() => guarded('step', () => Math.random())).toThrow('step called Math.random()');
  });
});

describe('what is allowed', () => {
  test('given a date made of a moment, then it is a date like any other', () => {
    const date = guarded('step', () => new Date(0));
    expect(date.toISOString()).toBe('1970-01-01T00:00:00.000Z');
    expect(date instanceof Date).toBe(true);
    expect(guarded('step', () => new Date(0) instanceof Date)).toBe(true);
    expect(guarded('step', () => [Date.parse('1970-01-01T00:00:01Z'), Date.UTC(1970, 0, 1)])).toEqual([1_000, 0]);
  });

  test('given mathematics without chance, then it works', () => {
    expect(guarded('reduce', () => Math.max(1, Math.floor(2.5), Math.abs(-3)) + Math.PI)).toBe(3 + Math.PI);
  });
});

describe('promises', () => {
  test('given guarded code that returns a promise, then it is refused', () => {
    expect(() => guarded('step', () => Promise.resolve(1))).toThrow('step returned a promise');
    expect(() => guarded('reduce', async () => await Promise.resolve(1))).toThrow('reduce returned a promise');
  });

  test('given guarded code that returns anything with a then, then it is refused', () => {
    const thenable = { then: (): void => undefined };
    expect(() => guarded('step', () => thenable)).toThrow('returned a promise');
    expect(guarded('step', () => ({ then: 'later' }))).toEqual({ then: 'later' });
    expect(guarded('step', () => null)).toBeNull();
  });
});

describe('guarded code in guarded code', () => {
  test('given a violation inside, then it is named after the outer place, and everything is restored', () => {
    const before = Date;
    expect(() => guarded('step', () => guarded('reduce', () => Date.now()))).toThrow('step called Date.now()');
    expect(Date).toBe(before);
  });

  test('given inner guarded code that ended, then the outer is still guarded', () => {
    expect(() =>
      guarded('step', () => {
        guarded('reduce', () => 1);
        return Date.now();
      }),
    ).toThrow('step called Date.now()');
  });

  test('given a violation inside that the outer code swallows, then it fails all the same', () => {
    expect(() =>
      guarded('step', () => {
        try {
          guarded('reduce', () => Math.random());
        } catch {
          // Looks away.
        }
        return 1;
      }),
    ).toThrow('Math.random()');
  });
});

function ownerAndKey(name: string): { readonly there: boolean; readonly value: () => unknown } {
  const path = name.replace(/^new |\(\)$/g, '').split('.');
  const value = (): unknown =>
    path.reduce<unknown>((owner, key) => (owner as Record<string, unknown> | undefined)?.[key], globalThis);
  return { there: typeof value() === 'function', value };
}
