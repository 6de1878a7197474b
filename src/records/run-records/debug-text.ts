/** How reports say an optional text or number: as the reference prints its options. */

export function debugText(value: string | number | boolean | null): string {
  return value === null ? 'None' : `Some(${JSON.stringify(value)})`;
}

/** A list of texts, as the reference prints its own. */
export function debugList(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;
}
