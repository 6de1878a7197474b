/**
 * What the kernel needs of a schema: to say whether a value fits, and what it then is. Every zod schema (classic or mini)
 * is one; the kernel itself does not import zod, so a program without schemas carries none into the sandbox.
 */

/** A schema, as zod's are. `T` is what a value that fits turns into. */
export interface Schema<T = unknown> {
  safeParse(value: unknown):
    | { readonly success: true; readonly data: T }
    | {
        readonly success: false;
        readonly error: {
          readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
        };
      };
}

/** What a value that fits the schema turns into. */
export type Infer<S extends Schema> = S extends Schema<infer T> ? T : never;

/** Most issues that an error text lists. */
const ISSUES_SHOWN_MAX = 5;

/** Checks a value; gives the parsed value, or a text that says what is wrong and where. */
export function checkSchema<T>(
  schema: Schema<T>,
  value: unknown,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string } {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const { issues } = result.error;
  const shown = issues.slice(0, ISSUES_SHOWN_MAX).map(({ path, message }) => {
    return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`;
  });
  if (issues.length > shown.length) shown.push(`and ${issues.length - shown.length} more`);
  return { ok: false, reason: shown.join('; ') };
}
