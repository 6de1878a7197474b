/**
 * The determinism guard: while `step`, `reduce` or a policy's `authorize` runs, reading a clock, asking for chance or starting work fails
 * at once, and the error names the call.
 *
 * Source: Oris kernel, `determinism_guard`; there it is advice, here it acts, in every mode and every shell. It works because
 * guarded code is synchronous: the traps act from its beginning to its end, and nothing else can run between.
 */
import { areThere, areTrapped, put, Traps, type GuardedPlace, type Guarding } from './determinism-traps';
import { KernelError } from './error';

export type { GuardedPlace };

/** The guard of a realm, or of a run that has a realm's globals to itself. */
interface Guard extends Guarding {
  readonly traps: Traps;
  /** Whether the traps stay between guarded calls, where they let everything through. */
  readonly stays: boolean;
}

let trapsStay = false;

/**
 * Leaves the traps in their places between guarded calls, where they pass every call on. For Temporal's sandbox, whose globals take
 * microseconds to write, and are each run's own. Elsewhere others need the originals too.
 */
export function letTrapsStay(): void {
  trapsStay = true;
}

/**
 * Runs pure code under the guard.
 *
 * @throws KernelError `DeterminismViolation` from the forbidden call itself, also when the guarded code swallows it
 */
export function guarded<R>(where: GuardedPlace, pure: () => R): R {
  const guard = guardOfRealm();
  if (guard.place !== null) return pure();
  const { traps } = guard;
  guard.place = where;
  guard.violation = null;
  try {
    if (!guard.stays) put(traps.holders, traps.calls, traps.calls);
    const result = pure();
    throwViolation(guard);
    if (isThenable(result)) {
      throw new KernelError('DeterminismViolation', `${where} returned a promise: it must be a plain function`);
    }
    return result;
  } catch (error) {
    // Whatever the guarded code made of the error, the forbidden call is what went wrong.
    throwViolation(guard);
    throw error;
  } finally {
    guard.place = null;
    if (!guard.stays) put(traps.holders, traps.originals, traps.calls);
  }
}

/** Guarded code that swallowed or wrapped the error of a forbidden call did not get away with it. */
function throwViolation({ violation }: Guard): void {
  if (violation !== null) throw violation;
}

/** The guard that was used last: the next one most often, too. */
let latest: Guard | null = null;

/** Guards by the Date that is there between guarded calls: each run of a sandbox has one of its own. */
const guards = new WeakMap<object, Guard>();

/** The guard; another one when somebody replaced an original: the sandbox swaps globals, and test tools replace clocks. */
function guardOfRealm(): Guard {
  if (latest !== null && isHere(latest)) return latest;
  const found = guards.get(globalThis.Date);
  latest = found !== undefined && isHere(found) ? found : newGuard();
  return latest;
}

/**
 * Whether the globals are as a guard has left them. A sandbox ends code that takes too long without its `finally`: that guard is in its place
 * for ever, but only the globals of that run have its traps.
 */
function isHere({ traps, stays, place }: Guard): boolean {
  if (stays) return areTrapped(traps);
  return areThere(traps.holders, place === null ? traps.originals : traps.inPlace);
}

function newGuard(): Guard {
  const guarding: Guarding = { place: null, violation: null };
  const traps = new Traps(guarding);
  const guard: Guard = Object.assign(guarding, { traps, stays: trapsStay });
  if (guard.stays) put(traps.holders, traps.calls, traps.calls);
  guards.set(globalThis.Date, guard);
  return guard;
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
