/**
 * What JSON can say, and the check that a value is just that.
 *
 * Guarantees: a value that passed `sealJson` is JSON through and through, deeply frozen, its keys in order, and stays what it
 * was.
 */
import { KernelError } from './error';

/** A value that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

type JsonObject = Readonly<Record<string, Json>>;

/** Deeper values are refused: they would overflow the stack of whoever reads them. */
export const JSON_DEPTH_MAX = 500;

/** Levels that a record (an event, an entry of a log, a hashed document) may have around the JSON in it. */
const RECORD_LEVELS = 20;

/**
 * What a look at a value has found, packed into one number, because every state and event of a run is looked at: its levels
 * (0 for what is neither an array nor an object), two flags, and how much work the next look would be.
 */
type Sight = number;

/** The part of a sight that is the number of levels. */
const LEVELS = 0x3ff;

/** Keys somewhere in the value are in another order than they will have when it comes out of a store. */
const OUT_OF_ORDER = 0x400;

/** `JSON.stringify` would print the value otherwise than canonical JSON, whatever the order of its keys. */
const PRINTS_OTHERWISE = 0x800;

/** One member to look at; the rest of a sight is how many there are. */
const WORK = 0x1000;

/** One array or object to look at, beside its members. */
const OBJECT = 2 * WORK;

/** Values that are so much work are remembered wherever they stand. To look at a smaller one again costs less. */
const WORK_MAX = 16 * WORK;

/** The part of a sight that is work. */
const ALL_WORK = ~(WORK - 1);

/** What is remembered of a value: its levels, because what is put into something deeper is deeper, and how it prints. */
const REMEMBERED = LEVELS | PRINTS_OTHERWISE;

/**
 * Values that were looked at, frozen, and found in order: states share most of their parts from event to event. It never
 * holds a value whose keys are out of order.
 */
const sealed = new WeakMap<object, Sight>();

/**
 * Checks that a value is JSON (no `undefined`, functions, symbols, bigints, NaN, getters, class instances, cycles, lone
 * surrogates) and freezes it deeply, so that neither `step` nor `reduce` can change it behind the log's back.
 *
 * @returns the value with its keys in canonical order: a program that walks them must see what it will see in a replay, where
 *   the value comes out of a store that kept canonical JSON. The same value, where they are in order already
 * @throws KernelError `NotJson`, naming the place
 */
export function sealJson(value: unknown): Json {
  if (value === latest) return latest;
  const sight = look(value, 0, JSON_DEPTH_MAX);
  if ((sight & OUT_OF_ORDER) !== 0) return sealJson(inOrder(value as Json));
  latest = value as Json;
  return latest;
}

/** What was sealed last: on its way into a log, a value is sealed by the machine, as part of its event, and by the store. */
let latest: Json = null;

/**
 * Does the same to a record that holds JSON, which may be as deep as JSON may be.
 *
 * @returns the same record
 * @throws KernelError `NotJson`, naming the place
 */
export function sealRecord<R>(record: R): R {
  look(record, 0, JSON_DEPTH_MAX + RECORD_LEVELS);
  return record;
}

/**
 * Seals a record, and says whether `JSON.stringify` prints it as canonical JSON.
 *
 * @throws KernelError `NotJson`, naming the place
 */
export function sealedInPrintOrder(record: unknown): boolean {
  return (look(record, 0, JSON_DEPTH_MAX + RECORD_LEVELS) & (OUT_OF_ORDER | PRINTS_OTHERWISE)) === 0;
}

/** A value with its keys in order. What is remembered is in order already; the rest is copied. */
function inOrder(value: Json): Json {
  if (typeof value !== 'object' || value === null || sealed.has(value)) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(inOrder);
  const copy: Record<string, Json> = {};
  for (const key of Object.keys(value).sort()) {
    const member = inOrder((value as JsonObject)[key] as Json);
    if (key !== '__proto__') copy[key] = member;
    // By definition and not by assignment: it is a key like any other.
    else Object.defineProperty(copy, key, { value: member, enumerable: true, configurable: true, writable: true });
  }
  return copy;
}

/** Keys that are array indices come first in every object, whoever made it: there is no other order for them. */
function isOutOfOrder(before: string, key: string): boolean {
  return key < before && !(String(Number(before) >>> 0) === before && before !== '4294967295');
}

/** Where the look is, as far as its depth. One for all looks: there is one at a time, and most never need it. */
const path: (string | number)[] = [];

function look(value: unknown, depth: number, depthMax: number): Sight {
  switch (typeof value) {
    case 'boolean':
      return 0;
    case 'string':
      if (!value.isWellFormed()) throw notJson('a text with a lone surrogate', depth);
      return 0;
    case 'number':
      if (!Number.isFinite(value)) throw notJson(String(value), depth);
      return 0;
    case 'object': {
      if (value === null) return 0;
      const known = sealed.get(value);
      if (depth + ((known ?? 1) & LEVELS) > depthMax) throw notJson(`more than ${depthMax} levels (or a cycle)`, depth);
      return known ?? seal(value, depth, depthMax);
    }
    default:
      throw notJson(typeof value, depth);
  }
}

/** Looks at all that is in an array or object, and freezes it. */
function seal(value: object, depth: number, depthMax: number): Sight {
  const inside = Array.isArray(value) ? lookAtElements(value, depth, depthMax) : lookAtMembers(value, depth, depthMax);
  Object.freeze(value);
  const sight = inside + 1;
  if (sight < WORK_MAX || (sight & OUT_OF_ORDER) !== 0) return sight;
  sealed.set(value, sight & REMEMBERED);
  return sight & REMEMBERED;
}

function lookAtElements(elements: readonly unknown[], depth: number, depthMax: number): Sight {
  let sight = 'toJSON' in elements ? OBJECT | PRINTS_OTHERWISE : OBJECT;
  for (let index = 0; index < elements.length; index += 1) {
    path[depth] = index;
    sight = both(sight, look(elements[index], depth + 1, depthMax));
  }
  return sight;
}

function lookAtMembers(object: object, depth: number, depthMax: number): Sight {
  if (!isPlainObject(object)) throw notJson(`an instance of ${className(object)}`, depth);
  // Symbols and names apart: together they are what Reflect.ownKeys says, in a third of its time.
  if (Object.getOwnPropertySymbols(object).length > 0) throw notJson('a symbol as key', depth);
  let sight = 'toJSON' in object ? OBJECT | PRINTS_OTHERWISE : OBJECT;
  let before = '';
  for (const key of Object.getOwnPropertyNames(object)) {
    if (!key.isWellFormed()) throw notJson('a key with a lone surrogate', depth);
    if (key < before) sight |= isOutOfOrder(before, key) ? OUT_OF_ORDER : PRINTS_OTHERWISE;
    before = key;
    path[depth] = key;
    sight = both(sight, look(dataOf(object, key, depth + 1), depth + 1, depthMax));
  }
  return sight;
}

/** What is seen of a value after one more of its members: as deep as the deepest, with the flags of all. */
function both(sight: Sight, member: Sight): Sight {
  const levels = Math.max(sight & LEVELS, member & LEVELS);
  const flags = (sight | member) & (OUT_OF_ORDER | PRINTS_OTHERWISE);
  const work = Math.min((sight & ALL_WORK) + (member & ALL_WORK) + WORK, WORK_MAX);
  return levels | flags | work;
}

/** Freezing does not keep a getter from saying something else the next time. */
function dataOf(value: object, key: string, depth: number): unknown {
  const property = Object.getOwnPropertyDescriptor(value, key);
  if (property === undefined || !('value' in property)) throw notJson('a getter', depth);
  return property.value as unknown;
}

/** Whether an object is an object literal, of whichever realm. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Every realm has an Object.prototype of its own; what they share is that nothing is above them.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function className(value: { readonly constructor?: { readonly name?: unknown } }): string {
  const name = value.constructor?.name;
  return typeof name === 'string' ? name : 'a class';
}

function notJson(what: string, depth: number): KernelError {
  const parts = path.slice(0, depth).map((part) => `[${JSON.stringify(part)}]`);
  const place = depth === 0 ? 'the value itself' : parts.join('');
  return new KernelError('NotJson', `${what} is nothing that JSON can say, at ${place}`);
}
