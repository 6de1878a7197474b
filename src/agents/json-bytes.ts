/** The bytes of a value's JSON in UTF-8: what it weighs in a payload. */
export function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
