/**
 * What stands in for clocks, chance and the beginnings of work, so that guarded code can't reach them. Between guarded calls a trap passes
 * every call on.
 */
import { KernelError } from './error';

/** Where a guarded call stands, for the error. */
export type GuardedPlace = 'step' | 'reduce' | 'policy';

/** What traps know of the guard that they serve. */
export interface Guarding {
  /** Where guarded code runs now; null when none does. */
  place: GuardedPlace | null;
  /** The last forbidden call. */
  violation: KernelError | null;
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

type AnyFunction = (...args: unknown[]) => unknown;

/** The traps of a realm as it is now, and what they stand in for. They are not put in their places yet. */
export class Traps {
  readonly holders: Holders;
  readonly originals: Calls;
  /** The traps themselves; undefined where there is nothing to trap. */
  readonly calls: Calls;
  /** What stands under each name during a guarded call. */
  readonly inPlace: Calls;
  readonly #guarding: Guarding;

  constructor(guarding: Guarding) {
    this.#guarding = guarding;
    const realm = globalThis as unknown as Readonly<Record<string, unknown>>;
    this.holders = {
      realm,
      math: holder(Math),
      performance: holder(realm['performance']),
      crypto: holder(realm['crypto']),
      process: holder(realm['process']),
    };
    this.originals = callsOn(this.holders);
    this.calls = {
      Date: this.#dates(this.originals.Date as DateConstructor),
      Math: Object.isFrozen(Math) ? this.#mathematics(Math) : undefined,
      setTimeout: this.#trap('setTimeout', 'setTimeout()'),
      setInterval: this.#trap('setInterval', 'setInterval()'),
      setImmediate: this.#trap('setImmediate', 'setImmediate()'),
      queueMicrotask: this.#trap('queueMicrotask', 'queueMicrotask()'),
      fetch: this.#trap('fetch', 'fetch()'),
      Worker: this.#trap('Worker', 'Worker()'),
      WebSocket: this.#trap('WebSocket', 'WebSocket()'),
      random: this.#trap('random', 'Math.random()'),
      now: this.#trap('now', 'performance.now()'),
      randomUUID: this.#trap('randomUUID', 'crypto.randomUUID()'),
      getRandomValues: this.#trap('getRandomValues', 'crypto.getRandomValues()'),
      hrtime: this.#highResolutionTime(this.originals.hrtime),
    };
    const trapped = Object.entries(this.calls).filter(([, trap]) => trap !== undefined);
    this.inPlace = { ...this.originals, ...Object.fromEntries(trapped) };
  }

  #refuse(call: string): void {
    const { place } = this.#guarding;
    if (place === null) return;
    this.#guarding.violation = new KernelError(
      'DeterminismViolation',
      `${place} called ${call}: time, chance and outside work enter a run only as events ` +
        '(let a tool find out, and read its output)',
    );
    throw this.#guarding.violation;
  }

  #trap(name: CallName, call: string): unknown {
    const original = this.originals[name];
    return typeof original === 'function' ? this.#standIn(original as AnyFunction, call) : undefined;
  }

  /** What stands in for a call. No arrow function, so that `new` reaches it too. */
  #standIn(original: AnyFunction, call: string): AnyFunction {
    const refuse = (): void => {
      this.#refuse(call);
    };
    return function (this: unknown, ...args: unknown[]): unknown {
      refuse();
      const isMade = (new.target as unknown) !== undefined;
      return isMade ? (Reflect.construct(original, args) as unknown) : Reflect.apply(original, this, args);
    };
  }

  #highResolutionTime(original: unknown): unknown {
    if (typeof original !== 'function') return undefined;
    const { bigint } = original as { readonly bigint?: unknown };
    return Object.assign(this.#standIn(original as AnyFunction, 'process.hrtime()'), {
      bigint: this.#standIn(bigint as AnyFunction, 'process.hrtime.bigint()'),
    });
  }

  /**
   * The workflow sandbox freezes Math itself, so another one stands in for it there. It is frozen too: a bundle may have two kernels, and then the
   * other's guard finds this one.
   */
  #mathematics(math: Math): Math {
    const random = this.#standIn(math.random, 'Math.random()');
    return Object.freeze(Object.create(math, { random: { value: random } }) as Math);
  }

  /** A Date that can say any moment but now. (No proxy of the real one: the workflow sandbox freezes it.) */
  #dates(RealDate: DateConstructor): DateConstructor {
    const refuse = (call: string): void => {
      this.#refuse(call);
    };
    function Date(...args: unknown[]): unknown {
      const made = new.target as typeof Date | undefined;
      if (made === undefined) {
        refuse('Date()');
        return Reflect.apply(RealDate, undefined, args);
      }
      if (args.length === 0) refuse('new Date()');
      return Reflect.construct(RealDate, args, made) as unknown;
    }
    return Object.assign(Date, {
      now: this.#standIn(RealDate.now, 'Date.now()'),
      parse: RealDate.parse,
      UTC: RealDate.UTC,
      prototype: RealDate.prototype,
    }) as unknown as DateConstructor;
  }
}

// Most of the next four run around every call of `step` and `reduce`. They are written out name by name, because a loop over names
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

/** Whether these calls are in their places. */
export function areThere({ realm, math, performance, crypto, process }: Holders, calls: Calls): boolean {
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

/** Whether traps that stay are in their places: those that Temporal's sandbox has, whose globals take long to read. */
export function areTrapped({ holders: { realm }, inPlace }: Traps): boolean {
  return realm.Date === inPlace.Date && realm.Math === inPlace.Math && realm.setTimeout === inPlace.setTimeout;
}

/** Puts calls in their places, wherever there is a trap for one. */
export function put({ realm, math, performance, crypto, process }: Holders, calls: Calls, traps: Calls): void {
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

function holder(owner: unknown): Calls {
  if ((typeof owner !== 'object' && typeof owner !== 'function') || owner === null) return {};
  return Object.isFrozen(owner) ? {} : owner;
}
