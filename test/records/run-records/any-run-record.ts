/** Any record of any shape, with fields that nobody knows, for properties. */
import fc from 'fast-check';
import type { z } from 'zod';
import type { Json } from '../../../src/kernel';
import { bareSchema, elementOf, shapeOf } from '../../../src/records/run-records/record-reading';
import { isFloat, JsonMap, TextMap } from '../../../src/records/run-records/record-shape';
import { RunRecordSchema } from '../../../src/records/run-records/run-record';

const text = fc.string({ unit: 'binary', maxLength: 8 }).filter((one) => one.isWellFormed());
/** Without -0: a text of it is another one's. */
const json = (fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }) as fc.Arbitrary<Json>).map(
  (value) => JSON.parse(JSON.stringify(value)) as Json,
);
const unknown = fc.dictionary(fc.constantFrom('added_by_hand', 'x-tool', 'constructor', 'toString', '1', 'é'), json, {
  maxKeys: 2,
});
const names = fc.constantFrom('a', 'b', 'z', '10', '9', '\u{1F600}', '\uFFFD');

/** What an element of a list is told by must be its own, as it is in records that somebody made. */
export function anyOf(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
  if (isOptional(schema)) return fc.option(anyOf(innerOf(schema)));
  // A list that is left out where it is empty is none.
  const minLength = schema._zod.def.type === 'optional' ? 1 : 0;
  const bare = bareSchema(schema);
  const element = elementOf(bare);
  if (element !== null) return fc.array(anyOf(element), { minLength, maxLength: 2 });
  const shape = shapeOf(bare);
  if (shape !== null) {
    const fields = Object.fromEntries([...shape].map(([field, inner]) => [field, anyOf(inner)]));
    return fc
      .tuple(fc.record(fields, { requiredKeys: [] }), unknown)
      .map(([known, others]) => ({ ...others, ...known }));
  }
  switch (bare._zod.def.type) {
    case 'string':
      return text;
    case 'boolean':
      return fc.boolean();
    case 'number':
      return isFloat(bare)
        ? fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0)
        : fc.maxSafeNat();
    case 'enum':
      return fc.constantFrom(...Object.values((bare._zod.def as z.core.$ZodEnumDef).entries));
    default:
      if (bare === bareSchema(JsonMap)) return fc.dictionary(names, json, { maxKeys: 3 });
      if (bare === bareSchema(TextMap)) return fc.dictionary(names, text, { maxKeys: 3 });
      return json;
  }
}

/** A run's record, as somebody may have made it. */
export const anyRunRecord = anyOf(RunRecordSchema) as fc.Arbitrary<Readonly<Record<string, unknown>>>;

function isOptional(schema: z.core.$ZodType): boolean {
  return schema._zod.def.type === 'default' && innerOf(schema)._zod.def.type === 'nullable';
}

function innerOf(schema: z.core.$ZodType): z.core.$ZodType {
  return (schema._zod.def as z.core.$ZodDefaultDef).innerType;
}
