/**
 * Prints records, byte for byte as the reference does: known fields in the specification's order, then the others, then nothing. What is
 * free in its form is printed with its names in the order of their UTF-8 bytes.
 */
import type { z } from 'zod';
import { floatText } from '../execution-events/float-text';
import { numberText } from './number-text';
import { bareSchema, elementOf, shapeOf, type RecordFields } from './record-reading';
import { isFloat } from './record-shape';
import { RunRecordSchema, type RunRecordDocument } from './run-record';

/** The text of a run record as it stands in a file: two spaces a level, no newline at its end. */
export function runRecordText(run: RunRecordDocument): string {
  return recordText(RunRecordSchema, run, PRETTY);
}

/** The text of a record of any shape, without spaces. */
export function compactRecordText(schema: z.core.$ZodType, value: unknown): string {
  return recordText(schema, value, COMPACT);
}

/** The text of a value that is free in its form, without spaces. */
export function compactJsonText(value: unknown): string {
  return new Printer(COMPACT).print(null, value, [value], '0', '');
}

/** The members of an object in the order of their UTF-8 bytes, which is that of their code points. */
export function inByteOrder(names: readonly string[]): string[] {
  return [...names].sort(compareBytes);
}

/** Which of two texts comes first, by their UTF-8 bytes. */
export function compareBytes(left: string, right: string): number {
  if (left === right) return 0;
  for (let index = 0; index < left.length && index < right.length; index += 1) {
    const [one, other] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (one === other) continue;
    // Surrogates stand for code points beyond all others.
    const [isHigh, isOtherHigh] = [one >= 0xd800 && one < 0xe000, other >= 0xd800 && other < 0xe000];
    return isHigh === isOtherHigh ? one - other : isHigh ? 1 : -1;
  }
  return left.length - right.length;
}

interface Layout {
  readonly indent: string;
  readonly newline: string;
  readonly colon: string;
}

const PRETTY: Layout = { indent: '  ', newline: '\n', colon: ': ' };
const COMPACT: Layout = { indent: '', newline: '', colon: ':' };

function recordText(schema: z.core.$ZodType, value: unknown, layout: Layout): string {
  return new Printer(layout).print(schema, value, [value], '0', '');
}

class Printer {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** @param schema null where anything goes */
  print(schema: z.core.$ZodType | null, value: unknown, container: object, key: string, indent: string): string {
    const bare = schema === null ? null : bareSchema(schema);
    if (typeof value === 'number') return this.#number(bare, value, container, key);
    if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
    const deeper = indent + this.#layout.indent;
    if (Array.isArray(value)) {
      const element = bare === null ? null : elementOf(bare);
      const parts = (value as unknown[]).map((part, at) => this.print(element, part, value, String(at), deeper));
      return this.#group('[', parts, ']', indent);
    }
    const shape = bare === null ? null : shapeOf(bare);
    const record = value as Readonly<Record<string, unknown>>;
    const parts = (shape === null ? inByteOrder(Object.keys(value)) : fieldsOf(shape, record)).map((name) => {
      const text = this.print(shape?.get(name) ?? null, record[name], value, name, deeper);
      return `${JSON.stringify(name)}${this.#layout.colon}${text}`;
    });
    return this.#group('{', parts, '}', indent);
  }

  #number(schema: z.core.$ZodType | null, value: number, container: object, key: string): string {
    if (schema !== null && isFloat(schema)) return floatText(value);
    // What the specification counts is whole, however it was written.
    return schema?._zod.def.type === 'number' ? String(value) : numberText(container, key, value);
  }

  #group(open: string, parts: readonly string[], close: string, indent: string): string {
    if (parts.length === 0) return open + close;
    const { newline, indent: step } = this.#layout;
    const lines = parts.map((part) => newline + (newline === '' ? '' : indent + step) + part);
    return open + lines.join(',') + newline + (newline === '' ? '' : indent) + close;
  }
}

/** The fields that are printed: the known ones, but for those that are left out when they say nothing, and the others. */
function fieldsOf(shape: RecordFields, record: Readonly<Record<string, unknown>>): string[] {
  const own = (name: string): unknown => (Object.hasOwn(record, name) ? record[name] : undefined);
  const known = [...shape].filter(([name, { _zod }]) => _zod.def.type !== 'optional' || !isNothing(own(name)));
  const others = Object.keys(record).filter((name) => !shape.has(name) && record[name] !== undefined);
  return [...known.map(([name]) => name), ...inByteOrder(others)];
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}
