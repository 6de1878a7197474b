/** Reads a value as a record of some shape, and keeps what a schema alone would lose of it. */
import type { z } from 'zod';
import { checkSchema, isPlainObject, KernelError, type Json } from '../../kernel';
import { withNumberTexts } from './number-text';

/**
 * A value as a record, with the defaults of whatever it does not say.
 *
 * @throws KernelError `InvalidRunRecord`, naming the field and quoting nothing
 */
export function readRecord<T extends z.ZodType>(schema: T, value: Json): z.output<T> {
  const read = checkSchema(schema, value);
  if (!read.ok) throw new KernelError('InvalidRunRecord', `no run record: ${read.reason}`);
  keepTexts(schema, value, read.value);
  return read.value;
}

/** What the schemas made is another object than what was read. Its numbers are printed as they were written all the same. */
function keepTexts(schema: z.core.$ZodType, from: unknown, to: unknown): void {
  const inner = bareSchema(schema);
  if (Array.isArray(from) && Array.isArray(to) && inner._zod.def.type === 'array') {
    const { element } = inner._zod.def as z.core.$ZodArrayDef;
    withNumberTexts(to, from);
    for (const [index, one] of from.entries()) keepTexts(element, one, to[index]);
  }
  const shape = shapeOf(inner);
  if (shape === null || !isPlainObject(from) || !isPlainObject(to)) return;
  if (Object.hasOwn(from, '__proto__')) {
    throw new KernelError('InvalidRunRecord', 'no run record: a field is named __proto__');
  }
  withNumberTexts(to, from);
  for (const [field, fieldSchema] of shape) {
    if (Object.hasOwn(from, field)) keepTexts(fieldSchema, from[field], to[field]);
  }
}

/** A schema without what is said about its absence. */
export function bareSchema(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while ('innerType' in inner._zod.def) inner = inner._zod.def.innerType as z.core.$ZodType;
  return inner;
}

/** The fields of a record's schema, in order; null for another schema. */
export function shapeOf(schema: z.core.$ZodType): RecordFields | null {
  const { def } = schema._zod;
  if (def.type !== 'object') return null;
  const known = shapes.get(schema) ?? new Map(Object.entries((def as z.core.$ZodObjectDef).shape));
  shapes.set(schema, known);
  return known;
}

/** The fields of a record by name: a map, because a record may have a field named `constructor`. */
export type RecordFields = ReadonlyMap<string, z.core.$ZodType>;

const shapes = new WeakMap<z.core.$ZodType, RecordFields>();

/** The schema of a list's elements; null for another schema. */
export function elementOf(schema: z.core.$ZodType): z.core.$ZodType | null {
  const { def } = schema._zod;
  return def.type === 'array' ? (def as z.core.$ZodArrayDef).element : null;
}
