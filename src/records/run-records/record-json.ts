/**
 * Reads the JSON of a record, from a text or from a value.
 *
 * Guarantees: a text that says a member twice, that ends too early or goes on behind its end, or that has a number no double can hold is
 * refused; numbers remember how they were written (`number-text.ts`). Errors name the place, and quote nothing of the text:
 * there may be secrets in it. They are `InvalidRunRecord`.
 */
import { isPlainObject, JSON_DEPTH_MAX, KernelError, type Json } from '../../kernel';
import { keepNumberText, withNumberTexts } from './number-text';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const TEXT_END = /[^"\\]*(?:\\.[^"\\]*)*"/sy;
const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** @throws KernelError `InvalidRunRecord` */
export function parseRecordJson(text: string): Json {
  return new RecordReader(text).whole();
}

/**
 * A copy of a value that somebody gives for a record, checked to be JSON.
 *
 * @throws KernelError `InvalidRunRecord`
 */
export function copyRecordJson(value: unknown, depth = 0): Json {
  if (depth > JSON_DEPTH_MAX) throw invalid(`more than ${JSON_DEPTH_MAX} levels`);
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string' && value.isWellFormed()) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) {
    const elements = Array.from(value as readonly unknown[], (element) => copyRecordJson(element, depth + 1));
    return withNumberTexts(elements, value);
  }
  if (!isPlainObject(value)) throw invalid(`${typeof value} is nothing that JSON can say`);
  const copy = {};
  for (const [key, member] of Object.entries(value)) {
    // What is left out and what is undefined are the same thing in JSON.
    if (member !== undefined) put(copy, wellFormed(key), copyRecordJson(member, depth + 1));
  }
  return withNumberTexts(copy, value);
}

/** A member like any other, whatever its name. */
export function put(object: object, key: string, value: unknown): void {
  if (key !== '__proto__') (object as Record<string, unknown>)[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

class RecordReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Json {
    const holder: Json[] = [];
    const value = this.#value(0, holder, '0');
    this.#space();
    if (this.#at < this.#text.length) throw this.#wrong('something stands behind the end');
    return value;
  }

  #value(depth: number, container: object, key: string): Json {
    if (depth > JSON_DEPTH_MAX) throw this.#wrong(`more than ${JSON_DEPTH_MAX} levels`);
    this.#space();
    switch (this.#text[this.#at]) {
      case undefined:
        throw this.#wrong('it ends too early');
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      default: {
        const word = this.#word();
        return word === undefined ? this.#number(container, key) : word;
      }
    }
  }

  #object(depth: number): Json {
    const object: Record<string, Json> = {};
    const seen = new Set<string>();
    this.#at += 1;
    if (this.#takes('}')) return object;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#wrong('a member has a name in quotes');
      const key = this.#string();
      if (seen.has(key)) throw this.#wrong('an object has a member twice');
      seen.add(key);
      if (!this.#takes(':')) throw this.#wrong('a colon is missing');
      put(object, key, this.#value(depth + 1, object, key));
    } while (this.#takes(','));
    if (!this.#takes('}')) throw this.#wrong('an object is not closed');
    return object;
  }

  #array(depth: number): Json {
    const array: Json[] = [];
    this.#at += 1;
    if (this.#takes(']')) return array;
    do {
      array.push(this.#value(depth + 1, array, String(array.length)));
    } while (this.#takes(','));
    if (!this.#takes(']')) throw this.#wrong('an array is not closed');
    return array;
  }

  #string(): string {
    const from = this.#at;
    TEXT_END.lastIndex = from + 1;
    if (!TEXT_END.test(this.#text)) throw this.#wrong('a text is not closed');
    this.#at = TEXT_END.lastIndex;
    try {
      const text = JSON.parse(this.#text.slice(from, this.#at)) as string;
      if (text.isWellFormed()) return text;
    } catch {
      // The engine's own message quotes what it read.
    }
    throw this.#wrong('a text has a character that it may not have');
  }

  /** `true`, `false` or `null`; undefined when it is none of them. */
  #word(): Json | undefined {
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return undefined;
  }

  #number(container: object, key: string): number {
    NUMBER.lastIndex = this.#at;
    const [text] = NUMBER.exec(this.#text) ?? [];
    if (text === undefined) throw this.#wrong('no value begins like this');
    const value = Number(text);
    if (!Number.isFinite(value)) throw this.#wrong('a number is too large');
    this.#at += text.length;
    if (String(value) !== text) keepNumberText(container, key, text);
    return value;
  }

  #takes(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #wrong(reason: string): KernelError {
    const lines = this.#text.slice(0, this.#at).split('\n');
    return invalid(`${reason}, at line ${lines.length} column ${(lines.at(-1)?.length ?? 0) + 1}`);
  }
}

function wellFormed(key: string): string {
  if (key.isWellFormed()) return key;
  throw invalid('a name with a lone surrogate');
}

function invalid(reason: string): KernelError {
  return new KernelError('InvalidRunRecord', `no run record: ${reason}`);
}
