/**
 * The determinism guard: while `step`, `reduce` or a policy's `authorize` runs, reading a clock, asking for chance or starting work fails
 * at once, and the error names the call.
 *
 * Source: Oris kernel, `determinism_guard`; there it is advice, here it acts, in every mode and every shell. It works because
 * guarded code is synchronous: the traps are put in before it and taken out after it, and nothing else can run between.
 */
import { KernelError } from './error';

type Trapped = Record<string, unknown>;

/** Where a guarded call stands, for the error. */
export type GuardedPlace = 'step' | 'reduce' | 'policy';

interface Trap {
  readonly owner: Trapped;
  readonly key: string;
  readonly original: unknown;
  readonly replacement: unknown;
}

let place: GuardedPlace | null = null;

/**
 * Runs pure code under the guard.
 *
 * @throws KernelError `DeterminismViolation` from the forbidden call itself, also when the guarded code swallows it
 */
export function guarded<R>(where: GuardedPlace, pure: () => R): R {
  if (place !== null) return pure();
  const traps = trapsOfRealm();
  place = where;
  violation = null;
  try {
    for (const trap of traps) trap.owner[trap.key] = trap.replacement;
    const result = pure();
    throwViolation();
    if (isThenable(result)) {
      throw new KernelError('DeterminismViolation', `${where} returned a promise: it must be a plain function`);
    }
    return result;
  } catch (error) {
    // Whatever the guarded code made of the error, the forbidden call is what went wrong.
    throwViolation();
    throw error;
  } finally {
    place = null;
    for (const trap of traps) trap.owner[trap.key] = trap.original;
  }
}

let violation: KernelError | null = null;

/** Guarded code that swallowed or wrapped the error of a forbidden call did not get away with it. */
function throwViolation(): void {
  if (violation !== null) throw violation;
}

function forbid(call: string): never {
  violation = new KernelError(
    'DeterminismViolation',
    `${place ?? 'guarded code'} called ${call}: time, chance and outside work enter a run only as events ` +
      '(let a tool find out, and read its output)',
  );
  throw violation;
}

/** What stands in for a call. No arrow function, so that `new` reaches it too. */
function forbidden(call: string): () => never {
  return function () {
    return forbid(call);
  };
}

let known: readonly Trap[] = [];

/** The traps, made anew when somebody replaced an original: the sandbox swaps globals, and test tools replace clocks. */
function trapsOfRealm(): readonly Trap[] {
  if (known.length === 0 || known.some((trap) => trap.owner[trap.key] !== trap.original)) known = makeTraps();
  return known;
}

function makeTraps(): readonly Trap[] {
  const traps: Trap[] = [];
  const trap = (owner: unknown, key: string, name: string, replacement = forbidden(name)): void => {
    if ((typeof owner !== 'object' && typeof owner !== 'function') || owner === null) return;
    const original = (owner as Trapped)[key];
    if (typeof original !== 'function' || Object.isFrozen(owner)) return;
    traps.push({ owner: owner as Trapped, key, original, replacement });
  };
  const realm = globalThis as unknown as Trapped;
  const RealDate = realm['Date'] as DateConstructor;
  traps.push({ owner: realm, key: 'Date', original: RealDate, replacement: datesWithoutNow(RealDate) });
  // The workflow sandbox freezes Math itself, so another one stands in for it.
  const randomless = Object.create(Math, { random: { value: () => forbid('Math.random()') } }) as unknown;
  traps.push({ owner: realm, key: 'Math', original: realm['Math'], replacement: randomless });
  trap(realm['performance'], 'now', 'performance.now()');
  trap(realm['crypto'], 'randomUUID', 'crypto.randomUUID()');
  trap(realm['crypto'], 'getRandomValues', 'crypto.getRandomValues()');
  const hrtime = Object.assign(forbidden('process.hrtime()'), { bigint: forbidden('process.hrtime.bigint()') });
  trap(realm['process'], 'hrtime', 'process.hrtime()', hrtime);
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch', 'Worker', 'WebSocket']) {
    trap(realm, name, `${name}()`);
  }
  return traps;
}

const guardedDates = new WeakMap<DateConstructor, DateConstructor>();

/** A Date that can say any moment but now. (No proxy of the real one: the workflow sandbox freezes it.) */
function datesWithoutNow(RealDate: DateConstructor): DateConstructor {
  const made = guardedDates.get(RealDate);
  if (made !== undefined) return made;
  function GuardedDate(...args: unknown[]): object {
    const called = new.target as unknown;
    if (called === undefined) forbid('Date()');
    if (args.length === 0) forbid('new Date()');
    return Reflect.construct(RealDate, args) as object;
  }
  const guardedDate = Object.assign(GuardedDate, {
    now: () => forbid('Date.now()'),
    parse: RealDate.parse,
    UTC: RealDate.UTC,
    prototype: RealDate.prototype,
  }) as unknown as DateConstructor;
  guardedDates.set(RealDate, guardedDate);
  return guardedDate;
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
