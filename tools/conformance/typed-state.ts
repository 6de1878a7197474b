/** The states of the scenarios that have a type: what fits is read as the reference reads it, and what doesn't is refused. */
import { KernelError } from '../../src/kernel/error';
import { isPlainObject, type Json } from '../../src/kernel/json';
import type { Setup } from './scenario';

type JsonObject = Readonly<Record<string, Json>>;

const U32_MAX = 2 ** 32 - 1;

/** The fields of the reference's struct that must be there. */
const STRUCT_FIELDS = ['zeta', 'alpha', 'nested', 'tags', 'map', 'ratio', 'kind', 'unit', 'tuple', 'big'];

/**
 * Reads a state as the type that the scenario names.
 *
 * @throws KernelError `Reducer`
 */
export function readState(type: Setup['state_type'], value: Json): Json {
  switch (type) {
    case 'u32':
      return readU32(value);
    case 'struct':
      return readStruct(value);
    default:
      return value;
  }
}

function readU32(value: Json): Json {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= U32_MAX) return value;
  throw misfit(value, 'u32');
}

/** Unknown fields are dropped, an optional one is null, and the one that is skipped when absent stays absent. */
function readStruct(value: Json): Json {
  const fields = objectOf(value);
  const nested = objectOf(fields['nested'] ?? null);
  const missing = STRUCT_FIELDS.find((field) => !Object.hasOwn(fields, field));
  if (missing !== undefined || !Object.hasOwn(nested, 'b')) throw misfit(value, 'struct');
  const kept = Object.fromEntries(STRUCT_FIELDS.map((field) => [field, fields[field] as Json]));
  const skipped = Object.hasOwn(fields, 'skipped') ? (fields['skipped'] as Json) : null;
  return {
    ...kept,
    nested: { b: nested['b'] as Json, a: nested['a'] ?? null },
    ...(skipped === null ? {} : { skipped }),
  };
}

function objectOf(value: Json): JsonObject {
  if (isPlainObject(value)) return value;
  throw misfit(value, 'struct');
}

function misfit(value: Json, type: string): KernelError {
  return new KernelError('Reducer', `a state that is no ${type}: ${JSON.stringify(value).slice(0, 100)}`);
}
