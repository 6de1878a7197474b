/**
 * Puts two tellings of one record together: by the fields that the specification knows, and by what names the elements of a list.
 *
 * Guarantees: nothing that either of them says is lost but where both say something and it is not the same: then the newer one
 * is right.
 */
import type { z } from 'zod';
import { isPlainObject } from '../../kernel';
import { isEmpty, ownOf } from './member';
import { withNumberTexts } from './number-text';
import { put } from './record-json';
import { bareSchema, elementOf, shapeOf, type RecordFields } from './record-reading';

/** What an element of a list is known by: the first of these that all its kind have. */
const NAMES: readonly (readonly string[])[] = [
  ['tool_use_id'],
  ['request_id'],
  ['attempt'],
  ['span_id'],
  ['from_id', 'to_id', 'kind', 'label'],
  ['daemon_id', 'kind', 'timestamp'],
  ['id', 'snapshot_location'],
  ['id'],
  ['worker_id'],
  ['stage_id'],
  ['node_id'],
  ['kind', 'run_id', 'artifact_id', 'path', 'href'],
];

/** What a run waits for is said anew each time: nothing is waited for because it once was. */
const SAID_ANEW: ReadonlySet<string> = new Set(['pending_nodes', 'ready_nodes']);

/** An older telling of a record with a newer one. */
export function mergeRecords<T extends object>(schema: z.core.$ZodType, older: T, newer: T): T {
  return merged(schema, older, newer) as T;
}

/** A newer telling of a record, with the fields of an older one that the specification does not know. */
export function withUnknownFields<T extends object>(schema: z.core.$ZodType, newer: T, older: object): T {
  return withUnknown(schema, newer, older) as T;
}

function merged(schema: z.core.$ZodType | undefined, older: unknown, newer: unknown): unknown {
  if (isEmpty(newer)) return older === undefined || isEmpty(older) ? newer : older;
  if (isEmpty(older)) return newer;
  const bare = schema === undefined ? null : bareSchema(schema);
  if (Array.isArray(older) && Array.isArray(newer)) {
    const element = bare === null ? null : elementOf(bare);
    return element === null ? newer : mergedLists(element, older, newer);
  }
  if (!isPlainObject(older) || !isPlainObject(newer)) return newer;
  const shape = bare === null ? null : shapeOf(bare);
  const result: Record<string, unknown> = { ...older };
  for (const [field, value] of Object.entries(newer)) {
    // What is free in its form is somebody's one value; only at its first level are there names to tell apart.
    const fieldSchema = shape?.get(field);
    const before = ownOf(older, field);
    if (SAID_ANEW.has(field)) result[field] = value;
    else if (fieldSchema === undefined) put(result, field, isEmpty(value) && before !== undefined ? before : value);
    else result[field] = merged(fieldSchema, before, value);
  }
  return withNumberTexts(withNumberTexts(result, older), newer);
}

function mergedLists(element: z.core.$ZodType, older: readonly unknown[], newer: readonly unknown[]): unknown[] {
  const shape = shapeOf(bareSchema(element));
  const left = new Map(namedIn(shape, older));
  const result = namedIn(shape, newer).map(([name, one]) => {
    const isKnown = left.has(name);
    const known = left.get(name);
    left.delete(name);
    return isKnown ? merged(element, known, one) : one;
  });
  return [...result, ...left.values()];
}

function withUnknown(schema: z.core.$ZodType, newer: unknown, older: unknown): unknown {
  const bare = bareSchema(schema);
  const element = elementOf(bare);
  if (element !== null && Array.isArray(newer) && Array.isArray(older)) {
    const shape = shapeOf(bareSchema(element));
    if (shape === null) return newer;
    const known = new Map(namedIn(shape, older));
    return namedIn(shape, newer).map(([name, one]) => withUnknown(element, one, known.get(name)));
  }
  const shape = shapeOf(bare);
  if (shape === null || !isPlainObject(newer) || !isPlainObject(older)) return newer;
  const result: Record<string, unknown> = { ...newer };
  for (const [field, value] of Object.entries(older)) {
    const fieldSchema = shape.get(field);
    if (fieldSchema !== undefined) result[field] = withUnknown(fieldSchema, newer[field], value);
    else if (!Object.hasOwn(newer, field)) put(result, field, value);
  }
  return withNumberTexts(withNumberTexts(result, newer), older);
}

/** The elements of a list by their names. Of those that have one name, each is known by being the first, the second, … of it. */
function namedIn(shape: RecordFields | null, list: readonly unknown[]): readonly (readonly [string, unknown])[] {
  const times = new Map<string, number>();
  return list.map((element) => {
    const name = nameOf(shape, element);
    const nth = times.get(name) ?? 0;
    times.set(name, nth + 1);
    return [`${nth} ${name}`, element];
  });
}

/** What names an element of a list: two elements of one name tell of the same thing. */
function nameOf(shape: RecordFields | null, element: unknown): string {
  const names = shape === null ? undefined : NAMES.find((fields) => fields.every((field) => shape.has(field)));
  if (names === undefined || !isPlainObject(element)) return JSON.stringify(element);
  const values: readonly unknown[] = names.map((field) => element[field] ?? null);
  // What has no name is known by all that it says.
  return values.every(isEmpty) ? JSON.stringify(element) : JSON.stringify(values);
}
