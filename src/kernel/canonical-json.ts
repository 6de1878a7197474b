/**
 * Canonical JSON: one text for one value, so that equal values have equal hashes.
 *
 * Source: RFC 8785 (JSON Canonicalization Scheme). Keys are sorted by UTF-16 code units and numbers are printed as
 * ECMAScript prints them. It refuses what JSON can't say.
 */
import { sealRecord, type Json } from './json';

/**
 * The canonical text of a value.
 *
 * @throws KernelError `NotJson` for what JSON can't say
 */
export function canonicalJson(value: unknown): string {
  return print(sealRecord(value) as Json);
}

function print(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(print).join(',')}]`;
  const object = value as Readonly<Record<string, Json>>;
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${print(object[key] as Json)}`);
  return `{${members.join(',')}}`;
}
