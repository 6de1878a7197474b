/** What is secret in headers that a worker sends. */

/** Each value, and what stands in it after a scheme (`Bearer …`). */
export function secretsOfHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.values(headers).flatMap((value) => {
    const after = /^\s*[\w-]+\s+(\S.*)$/.exec(value)?.[1];
    return after === undefined ? [value] : [value, after];
  });
}
