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
 * Objects that were checked and frozen before: states share most of their parts from event to event. With each stands how
 * many levels it has, because what is put into something deeper still counts.
 */
const sealed = new WeakMap<object, number>();

/** Sealed objects whose keys are in order, at every level. */
const ordered = new WeakSet<object>();

/**
 * Checks that a value is JSON (no `undefined`, functions, symbols, bigints, NaN, getters, class instances, cycles, lone
 * surrogates) and freezes it deeply, so that neither `step` nor `reduce` can change it behind the log's back.
 *
 * @returns the value with its keys in canonical order: a program that walks them must see what it will see in a replay, where
 *   the value comes out of a store that kept canonical JSON. The same value, where they are in order already
 * @throws KernelError `NotJson`, naming the place
 */
export function sealJson(value: unknown): Json {
  seal(value, [], 0, JSON_DEPTH_MAX);
  return inOrder(value as Json);
}

function inOrder(value: Json): Json {
  if (typeof value !== 'object' || value === null || ordered.has(value)) return value;
  const sorted = Array.isArray(value) ? arrayInOrder(value as readonly Json[]) : objectInOrder(value as JsonObject);
  if (sorted !== value) sealed.set(Object.freeze(sorted), sealed.get(value) ?? 1);
  ordered.add(sorted);
  return sorted;
}

function arrayInOrder(value: readonly Json[]): readonly Json[] {
  const elements = value.map(inOrder);
  return elements.every((element, index) => element === value[index]) ? value : elements;
}

function objectInOrder(value: JsonObject): JsonObject {
  const keys = Object.keys(value);
  const sorted = keys.toSorted();
  const members = sorted.map((key) => inOrder(value[key] as Json));
  if (sorted.every((key, index) => key === keys[index] && members[index] === value[key])) return value;
  const copy = {};
  sorted.forEach((key, index) => {
    // By definition and not by assignment: `__proto__` is a key like any other.
    Object.defineProperty(copy, key, { value: members[index], enumerable: true, configurable: true, writable: true });
  });
  return copy;
}

/**
 * Does the same to a record that holds JSON, which may be as deep as JSON may be.
 *
 * @returns the same record
 * @throws KernelError `NotJson`, naming the place
 */
export function sealRecord<R>(record: R): R {
  seal(record, [], 0, JSON_DEPTH_MAX + RECORD_LEVELS);
  return record;
}

type Path = (string | number)[];

/** Gives how many levels the value has: 0 for what is neither an array nor an object. */
function seal(value: unknown, path: Path, depth: number, depthMax: number): number {
  switch (typeof value) {
    case 'boolean':
      return 0;
    case 'string':
      if (!value.isWellFormed()) throw notJson('a text with a lone surrogate', path);
      return 0;
    case 'number':
      if (!Number.isFinite(value)) throw notJson(String(value), path);
      return 0;
    case 'object': {
      if (value === null) return 0;
      const levels = sealed.get(value);
      if (depth + (levels ?? 1) > depthMax) throw notJson(`more than ${depthMax} levels (or a cycle)`, path);
      return levels ?? sealObject(value, path, depth, depthMax);
    }
    default:
      throw notJson(typeof value, path);
  }
}

function sealObject(value: object, path: Path, depth: number, depthMax: number): number {
  let below = 0;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      path.push(index);
      below = Math.max(below, seal(value[index], path, depth + 1, depthMax));
      path.pop();
    }
  } else {
    if (!isPlainObject(value)) throw notJson(`an instance of ${className(value)}`, path);
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === 'symbol') throw notJson('a symbol as key', path);
      if (!key.isWellFormed()) throw notJson('a key with a lone surrogate', path);
      path.push(key);
      below = Math.max(below, seal(dataOf(value, key, path), path, depth + 1, depthMax));
      path.pop();
    }
  }
  Object.freeze(value);
  sealed.set(value, below + 1);
  return below + 1;
}

/** Freezing does not keep a getter from saying something else the next time. */
function dataOf(value: object, key: string, path: Path): unknown {
  const property = Object.getOwnPropertyDescriptor(value, key);
  if (property === undefined || !('value' in property)) throw notJson('a getter', path);
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

function notJson(what: string, path: readonly (string | number)[]): KernelError {
  const place = path.length === 0 ? 'the value itself' : path.map((part) => `[${JSON.stringify(part)}]`).join('');
  return new KernelError('NotJson', `${what} is nothing that JSON can say, at ${place}`);
}
