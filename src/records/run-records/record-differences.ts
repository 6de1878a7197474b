/**
 * Every place in which two records differ, and of what kind it is: runs that did the same differ in times and in ids, and in nothing
 * else. `diffRunRecords` says what matters of two runs; this says all there is.
 */
import { isPlainObject } from '../../kernel';
import { ownIdMask } from './own-ids';
import { compactJsonText, inByteOrder } from './record-text';
import type { RunRecordDocument } from './run-record';

/** What kind of difference it is. */
export type DifferenceKind =
  /** A time, or how long something took. */
  | 'time'
  /** The name of a run, an execution or a process, or a hash that covers one. */
  | 'id'
  /** Anything else: the runs did not do the same. */
  | 'content';

/** A place in which two records differ. */
export interface RecordDifference {
  /** Such as `stages[3].attempts[0].error`. */
  readonly path: string;
  readonly kind: DifferenceKind;
  /** The compact texts of the two values; null where there is none. */
  readonly left: string | null;
  readonly right: string | null;
}

/** Places that are listed at most. */
export const DIFFERENCES_MAX = 10_000;

const TIME_NAME = /(?:_at|_ms|timestamp)$/;
const ID_NAME = /(?:^|_)(?:id|ids|hash)$/;

/** Hashes of what a run did. They cover no id. */
const CONTENT_HASHES: ReadonlySet<string> = new Set(['args_hash', 'state_hash']);

/** A client that was given no name goes by its process and machine. */
const PROCESS_NAME = /^\d+@\S+$/;

/** Every place in which two records differ, in the order of the first; at most `DIFFERENCES_MAX`. */
export function recordDifferences(left: RunRecordDocument, right: RunRecordDocument): readonly RecordDifference[] {
  const comparison = new Comparison(ownIdMask(left), ownIdMask(right));
  comparison.compare('', '', left, right);
  return comparison.found;
}

class Comparison {
  readonly found: RecordDifference[] = [];
  readonly #maskLeft: (text: string) => string;
  readonly #maskRight: (text: string) => string;

  constructor(maskLeft: (text: string) => string, maskRight: (text: string) => string) {
    this.#maskLeft = maskLeft;
    this.#maskRight = maskRight;
  }

  /** @param name the nearest field's name */
  compare(path: string, name: string, left: unknown, right: unknown): void {
    if (this.found.length >= DIFFERENCES_MAX || left === right) return;
    if (Array.isArray(left) && Array.isArray(right)) {
      for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
        this.compare(`${path}[${at}]`, name, left[at], right[at]);
      }
      return;
    }
    if (isPlainObject(left) && isPlainObject(right)) {
      for (const member of inByteOrder([...new Set([...Object.keys(left), ...Object.keys(right)])])) {
        const inner = path === '' ? member : `${path}.${member}`;
        this.compare(inner, member, own(left, member), own(right, member));
      }
      return;
    }
    const kind = this.#kindOf(name, left, right);
    this.found.push({ path, kind, left: textOf(left), right: textOf(right) });
  }

  #kindOf(name: string, left: unknown, right: unknown): DifferenceKind {
    if (typeof left !== typeof right || left === null || right === null) return 'content';
    if (TIME_NAME.test(name)) return 'time';
    if (typeof left !== 'string' || typeof right !== 'string') return 'content';
    if (this.#maskLeft(left) === this.#maskRight(right)) return 'id';
    if (ID_NAME.test(name) && !CONTENT_HASHES.has(name)) return 'id';
    return PROCESS_NAME.test(left) && PROCESS_NAME.test(right) ? 'id' : 'content';
  }
}

function own(value: Readonly<Record<string, unknown>>, member: string): unknown {
  return Object.hasOwn(value, member) ? value[member] : undefined;
}

function textOf(value: unknown): string | null {
  return value === undefined ? null : compactJsonText(value);
}
