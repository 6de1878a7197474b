/**
 * The determinism guard: while `step`, `reduce` or a policy's `authorize` runs, reading a clock, asking for chance or starting work fails
 * at once, and the error names the call.
 *
 * Source: Oris kernel, `determinism_guard`; there it is advice, here it acts, in every mode and every shell. It works because
 * guarded code is synchronous: the traps are put in before it and taken out after it, and nothing else can run between.
 */
import { KernelError } from './error';

/** Where a guarded call stands, for the error. */
export type GuardedPlace = 'step' | 'reduce' | 'policy';

let place: GuardedPlace | null = null;

/**
 * Runs pure code under the guard.
 *
 * @throws KernelError `DeterminismViolation` from the forbidden call itself, also when the guarded code swallows it
 */
export function guarded<R>(where: GuardedPlace, pure: () => R): R {
  if (isGuarded()) return pure();
  const { holders, originals, traps } = trapsOfRealm();
  place = where;
  violation = null;
  try {
    put(holders, traps, traps);
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
    put(holders, originals, traps);
  }
}

/**
 * Whether this is inside of a guarded call. A sandbox ends code that takes too long without its `finally`: then the place stays, but only
 * the globals of that run have the traps.
 */
function isGuarded(): boolean {
  return place !== null && known !== null && areThere(known.holders, known.inPlace);
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

type CallName =
  | 'Date'
  | 'Math'
  | 'setTimeout'
  | 'setInterval'
  | 'setImmediate'
  | 'queueMicrotask'
  | 'fetch'
  | 'Worker'
  | 'WebSocket'
  | 'performance'
  | 'random'
  | 'now'
  | 'randomUUID'
  | 'getRandomValues'
  | 'hrtime';

/** What stands under each name; undefined where nothing is, or nothing that is trapped. */
type Calls = Partial<Record<CallName, unknown>>;

/** The objects that calls are found on; an empty one for what this realm has not, or has frozen. */
interface Holders {
  readonly realm: Calls;
  readonly math: Calls;
  readonly performance: Calls;
  readonly crypto: Calls;
  readonly process: Calls;
}

interface Traps {
  readonly holders: Holders;
  readonly originals: Calls;
  readonly traps: Calls;
  /** What stands under each name during a guarded call. */
  readonly inPlace: Calls;
}

let known: Traps | null = null;

/** The traps, made anew when somebody replaced an original: the sandbox swaps globals, and test tools replace clocks. */
function trapsOfRealm(): Traps {
  if (known === null || !areThere(known.holders, known.originals)) known = makeTraps();
  return known;
}

// The next three run around every call of `step` and `reduce`. They are written out name by name, because a loop over names
// takes twenty times as long.

function callsOn({ realm, math, performance, crypto, process }: Holders): Calls {
  return {
    Date: realm.Date,
    Math: realm.Math,
    setTimeout: realm.setTimeout,
    setInterval: realm.setInterval,
    setImmediate: realm.setImmediate,
    queueMicrotask: realm.queueMicrotask,
    fetch: realm.fetch,
    Worker: realm.Worker,
    WebSocket: realm.WebSocket,
    // No call and never trapped: whoever replaces it whole has a clock of his own.
    performance: realm.performance,
    random: math.random,
    now: performance.now,
    randomUUID: crypto.randomUUID,
    getRandomValues: crypto.getRandomValues,
    hrtime: process.hrtime,
  };
}

function areThere({ realm, math, performance, crypto, process }: Holders, calls: Calls): boolean {
  return (
    realm.Date === calls.Date &&
    realm.Math === calls.Math &&
    realm.setTimeout === calls.setTimeout &&
    realm.setInterval === calls.setInterval &&
    realm.setImmediate === calls.setImmediate &&
    realm.queueMicrotask === calls.queueMicrotask &&
    realm.fetch === calls.fetch &&
    realm.Worker === calls.Worker &&
    realm.WebSocket === calls.WebSocket &&
    realm.performance === calls.performance &&
    math.random === calls.random &&
    performance.now === calls.now &&
    crypto.randomUUID === calls.randomUUID &&
    crypto.getRandomValues === calls.getRandomValues &&
    process.hrtime === calls.hrtime
  );
}

/** Puts calls in their places, wherever there is a trap for one. */
function put({ realm, math, performance, crypto, process }: Holders, calls: Calls, traps: Calls): void {
  if (traps.Date !== undefined) realm.Date = calls.Date;
  if (traps.Math !== undefined) realm.Math = calls.Math;
  if (traps.setTimeout !== undefined) realm.setTimeout = calls.setTimeout;
  if (traps.setInterval !== undefined) realm.setInterval = calls.setInterval;
  if (traps.setImmediate !== undefined) realm.setImmediate = calls.setImmediate;
  if (traps.queueMicrotask !== undefined) realm.queueMicrotask = calls.queueMicrotask;
  if (traps.fetch !== undefined) realm.fetch = calls.fetch;
  if (traps.Worker !== undefined) realm.Worker = calls.Worker;
  if (traps.WebSocket !== undefined) realm.WebSocket = calls.WebSocket;
  if (traps.random !== undefined) math.random = calls.random;
  if (traps.now !== undefined) performance.now = calls.now;
  if (traps.randomUUID !== undefined) crypto.randomUUID = calls.randomUUID;
  if (traps.getRandomValues !== undefined) crypto.getRandomValues = calls.getRandomValues;
  if (traps.hrtime !== undefined) process.hrtime = calls.hrtime;
}

function makeTraps(): Traps {
  const realm = globalThis as unknown as Readonly<Record<string, unknown>>;
  const isMathFrozen = Object.isFrozen(Math);
  const holders: Holders = {
    realm,
    math: holder(Math),
    performance: holder(realm['performance']),
    crypto: holder(realm['crypto']),
    process: holder(realm['process']),
  };
  const originals = callsOn(holders);
  const trap = (name: CallName, call: string): unknown =>
    typeof originals[name] === 'function' ? forbidden(call) : undefined;
  const hrtime = Object.assign(forbidden('process.hrtime()'), { bigint: forbidden('process.hrtime.bigint()') });
  const traps: Calls = {
    Date: datesWithoutNow(originals.Date as DateConstructor),
    // The workflow sandbox freezes Math itself, so another one stands in for it there.
    Math: isMathFrozen
      ? (Object.create(Math, { random: { value: () => forbid('Math.random()') } }) as unknown)
      : undefined,
    setTimeout: trap('setTimeout', 'setTimeout()'),
    setInterval: trap('setInterval', 'setInterval()'),
    setImmediate: trap('setImmediate', 'setImmediate()'),
    queueMicrotask: trap('queueMicrotask', 'queueMicrotask()'),
    fetch: trap('fetch', 'fetch()'),
    Worker: trap('Worker', 'Worker()'),
    WebSocket: trap('WebSocket', 'WebSocket()'),
    random: trap('random', 'Math.random()'),
    now: trap('now', 'performance.now()'),
    randomUUID: trap('randomUUID', 'crypto.randomUUID()'),
    getRandomValues: trap('getRandomValues', 'crypto.getRandomValues()'),
    hrtime: typeof originals.hrtime === 'function' ? hrtime : undefined,
  };
  const trapped = Object.entries(traps).filter(([, trapOf]) => trapOf !== undefined);
  return { holders, originals, traps, inPlace: { ...originals, ...Object.fromEntries(trapped) } };
}

function holder(owner: unknown): Calls {
  if ((typeof owner !== 'object' && typeof owner !== 'function') || owner === null) return {};
  return Object.isFrozen(owner) ? {} : owner;
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
