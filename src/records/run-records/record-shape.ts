/**
 * What records are made of. A field that is missing has its default; one that is not known is kept; `null` is a value only where
 * the specification has an optional field, and an array is never a record.
 */
import { z } from 'zod';
import { isPlainObject, type Json } from '../../kernel';

/** A record: its known fields in the specification's order, and whatever else it has. */
export type RecordShape<S extends z.ZodRawShape> = z.ZodReadonly<z.ZodObject<S, z.core.$loose>>;

export function record<S extends z.ZodRawShape>(shape: S): RecordShape<S> {
  return z.looseObject(shape).readonly();
}

export function list<T extends z.ZodType>(element: T): z.ZodDefault<z.ZodReadonly<z.ZodArray<T>>> {
  return z
    .array(element)
    .readonly()
    .default(() => [] as readonly z.output<T>[]);
}

export function optional<T extends z.ZodType>(schema: T): z.ZodDefault<z.ZodNullable<T>> {
  return schema.nullable().default(null as z.util.NoUndefined<z.output<z.ZodNullable<T>>>);
}

const NUMBER = z.number();

/** The specification has a float here: a whole number is printed with its fraction. */
export function isFloat(schema: z.core.$ZodType): boolean {
  return schema === NUMBER;
}

const TEXT = z.string();

/** The reference counts to 2^64 - 1; beyond 2^53 - 1 a number would not be the one that was written. */
const COUNT = z.int().nonnegative();
const WHOLE = z.int();

export const Text = TEXT.default('');
export const OptionalText = optional(TEXT);
export const Count = COUNT.default(0);
export const OptionalCount = optional(COUNT);
export const Whole = WHOLE.default(0);
export const OptionalWhole = optional(WHOLE);
export const Float = NUMBER.default(0);
export const OptionalFloat = optional(NUMBER);
export const Flag = z.boolean().default(false);
export const Texts = list(TEXT);

/** Anything; null where there is nothing. */
export const OptionalJson = z.custom<Json>().default(null);

type JsonMembers = Readonly<Record<string, Json>>;
type TextMembers = Readonly<Record<string, string>>;

const JSON_MEMBERS = z.custom<JsonMembers>(isPlainObject, 'Invalid input: expected object');
const TEXT_MEMBERS = z.custom<TextMembers>(
  (value) => isPlainObject(value) && Object.values(value).every((member) => typeof member === 'string'),
  'Invalid input: expected an object of texts',
);

/** Names and whatever belongs to them; printed in the order of their UTF-8 bytes. */
export const JsonMap = JSON_MEMBERS.default(() => ({}));
export const TextMap = TEXT_MEMBERS.default(() => ({}));
