/** What is secret of the headers and variables that a worker is told to send. */

/** Shorter values are words like `info` and `true`, in characters: no key is as short. */
const SECRET_SETTING_LENGTH_MIN = 8;

/** Each value that is no short word, and what stands in it after a scheme (`Bearer …`). */
export function secretsOf(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.values(settings)
    .flatMap((value) => {
      const after = /^\s*[\w-]+\s+(\S.*)$/.exec(value)?.[1];
      return after === undefined ? [value] : [value, after];
    })
    .filter(({ length }) => length >= SECRET_SETTING_LENGTH_MIN);
}

/** What a URL says of its user, and the values of its query that are no short words. */
export function secretsInUrl(url: string): readonly string[] {
  if (!URL.canParse(url)) return [];
  const { password, searchParams } = new URL(url);
  return [decodeURIComponent(password), ...searchParams.values()].filter(
    ({ length }) => length >= SECRET_SETTING_LENGTH_MIN,
  );
}
