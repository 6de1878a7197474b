/** Reads members of JSON that nobody has checked: by its own names, and of the type that is asked for or not at all. */
import { isPlainObject, type Json } from '../../kernel';

/** A member of an object; undefined when there is no such member, or no object. */
export function memberOf(value: unknown, name: string): Json | undefined {
  return isPlainObject(value) && Object.hasOwn(value, name) ? (value[name] as Json) : undefined;
}

/** A field of a record, by its own name. */
export function ownOf(record: object, field: string): unknown {
  return Object.hasOwn(record, field) ? (record as Readonly<Record<string, unknown>>)[field] : undefined;
}

/** A text; null when it is none. */
export function textIn(value: unknown, name: string): string | null {
  const member = memberOf(value, name);
  return typeof member === 'string' ? member : null;
}

/** A count; 0 when it is none. */
export function countIn(value: unknown, name: string): number {
  const member = memberOf(value, name);
  return typeof member === 'number' && Number.isSafeInteger(member) && member >= 0 ? member : 0;
}

/** A truth value; null when it is none. */
export function flagIn(value: unknown, name: string): boolean | null {
  const member = memberOf(value, name);
  return typeof member === 'boolean' ? member : null;
}

/** The elements of an array; none when it is no array. */
export function elementsIn(value: unknown, name: string): readonly Json[] {
  const member = memberOf(value, name);
  return Array.isArray(member) ? (member as readonly Json[]) : [];
}

/** The texts in an array. */
export function textsIn(value: unknown, name: string): readonly string[] {
  return elementsIn(value, name).filter((element) => typeof element === 'string');
}

/** Whether a value says nothing: null, an empty text, list or map. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isPlainObject(value) && Object.keys(value).length === 0;
}
