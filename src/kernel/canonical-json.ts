/**
 * Canonical JSON: one text for one value, so that equal values have equal hashes.
 *
 * Source: RFC 8785 (JSON Canonicalization Scheme). Keys are sorted by UTF-16 code units and numbers are printed as
 * ECMAScript prints them. It refuses what JSON can't say.
 */
import { sealedInPrintOrder, type Json } from './json';

/**
 * The canonical text of a value.
 *
 * @throws KernelError `NotJson` for what JSON can't say
 */
export function canonicalJson(value: unknown): string {
  // Of a value whose keys are in order, the engine's own printer says the same, several times as fast.
  if (sealedInPrintOrder(value) && !printingIsPatched()) return JSON.stringify(value);
  return print(value as Json);
}

/** Whether somebody taught every object or array to print itself otherwise, as some old libraries do. */
function printingIsPatched(): boolean {
  return 'toJSON' in Object.prototype || 'toJSON' in Array.prototype;
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
