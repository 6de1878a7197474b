/** Where two values differ. */
import { isPlainObject, type Json } from '../kernel';

/** One place: what each value has there; absent where it has nothing. */
export interface JsonDifference {
  /** A JSON pointer (RFC 6901); the empty text is the whole value. */
  readonly path: string;
  readonly a?: Json | undefined;
  readonly b?: Json | undefined;
}

/** The places where two values differ, in order, at most so many. */
export function jsonDifferences(a: Json, b: Json, max: number): readonly JsonDifference[] {
  const found: JsonDifference[] = [];
  compare(a, b, '', found, max);
  return found;
}

function compare(a: Json, b: Json, path: string, found: JsonDifference[], max: number): void {
  if (found.length >= max || a === b) return;
  const [inA, inB] = [membersOf(a), membersOf(b)];
  if (inA === null || inB === null || Array.isArray(a) !== Array.isArray(b)) {
    found.push({ path, a, b });
    return;
  }
  for (const key of new Set([...inA.keys(), ...inB.keys()])) {
    if (found.length >= max) return;
    const [at, one, other] = [`${path}/${escaped(key)}`, inA.get(key), inB.get(key)];
    if (one !== undefined && other !== undefined) compare(one, other, at, found, max);
    else
      found.push({ path: at, ...(one === undefined ? {} : { a: one }), ...(other === undefined ? {} : { b: other }) });
  }
}

/** What is in an array or object; null for what is neither. */
function membersOf(value: Json): ReadonlyMap<string, Json> | null {
  if (Array.isArray(value)) return new Map((value as readonly Json[]).map((member, index) => [String(index), member]));
  return isPlainObject(value) ? new Map(Object.entries(value as Readonly<Record<string, Json>>)) : null;
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
