/**
 * What JSON can say, and the check that a value is just that.
 *
 * Guarantees: a value that passed `sealJson` is JSON through and through, deeply frozen, and stays what it was. It must
 * not change a value in any other way.
 */
import { KernelError } from './error';

/** A value that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Deeper values are refused: they would overflow the stack of whoever reads them. */
export const JSON_DEPTH_MAX = 500;

/** Objects that were checked and frozen before: states share most of their parts from event to event. */
const sealed = new WeakSet<object>();

/**
 * Checks that a value is JSON (no `undefined`, functions, symbols, bigints, NaN, class instances, cycles, lone
 * surrogates) and freezes it deeply, so that neither `step` nor `reduce` can change it behind the log's back.
 *
 * @returns the same value
 * @throws KernelError `NotJson`, naming the place
 */
export function sealJson(value: unknown): Json {
  seal(value, [], 0);
  return value as Json;
}

function seal(value: unknown, path: (string | number)[], depth: number): void {
  switch (typeof value) {
    case 'boolean':
      return;
    case 'string':
      if (!value.isWellFormed()) throw notJson('a text with a lone surrogate', path);
      return;
    case 'number':
      if (!Number.isFinite(value)) throw notJson(String(value), path);
      return;
    case 'object':
      if (value === null || sealed.has(value)) return;
      sealObject(value, path, depth);
      return;
    default:
      throw notJson(typeof value, path);
  }
}

function sealObject(value: object, path: (string | number)[], depth: number): void {
  if (depth >= JSON_DEPTH_MAX) throw notJson(`more than ${JSON_DEPTH_MAX} levels (or a cycle)`, path);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      path.push(index);
      seal(value[index], path, depth + 1);
      path.pop();
    }
  } else {
    if (!isPlainObject(value)) throw notJson(`an instance of ${classOf(value)}`, path);
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === 'symbol') throw notJson('a symbol as key', path);
      if (!key.isWellFormed()) throw notJson('a key with a lone surrogate', path);
      path.push(key);
      seal((value as Record<string, unknown>)[key], path, depth + 1);
      path.pop();
    }
  }
  Object.freeze(value);
  sealed.add(value);
}

function classOf(value: object): string {
  const { constructor } = value as { readonly constructor?: { readonly name?: string } };
  return constructor?.name ?? 'a class';
}

/** Whether an object is an object literal, of whichever realm. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Every realm has an Object.prototype of its own; what they share is that nothing is above them.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function notJson(what: string, path: readonly (string | number)[]): KernelError {
  const place = path.length === 0 ? 'the value itself' : path.map((part) => `[${JSON.stringify(part)}]`).join('');
  return new KernelError('NotJson', `${what} is nothing that JSON can say, at ${place}`);
}
