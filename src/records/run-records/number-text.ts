/**
 * How a number was written. A record is other people's data: `1.0` must not become `1` on disk, nor 9007199254740993 its neighbour,
 * because somebody loaded the record and saved it again.
 *
 * Guarantees: a text is given only for the number that it was read as, so whoever changes the number is believed. The texts hang on
 * the objects that were read, and go with them.
 */

const texts = new WeakMap<object, Map<string, string>>();

/** Remembers how a member of an object, or an element of an array, was written. */
export function keepNumberText(container: object, key: string, text: string): void {
  const known = texts.get(container);
  if (known === undefined) texts.set(container, new Map([[key, text]]));
  else known.set(key, text);
}

/** How a number is to be printed: as it was written, or as ECMAScript prints it. */
export function numberText(container: object, key: string, value: number): string {
  const text = texts.get(container)?.get(key);
  if (text !== undefined && Object.is(Number(text), value)) return text;
  return Object.is(value, -0) ? '-0.0' : String(value);
}

/** Lets a copy print its numbers as the original does. */
export function withNumberTexts<T extends object>(copy: T, original: object): T {
  const known = texts.get(original);
  if (known !== undefined && copy !== original) texts.set(copy, new Map([...known, ...(texts.get(copy) ?? [])]));
  return copy;
}
