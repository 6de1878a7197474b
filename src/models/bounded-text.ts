/** Texts within a limit, never cut through a character. */

/** What stands at the end of a text that was cut. */
export const CUT_MARK = ' … [cut]';

/** The first so many characters. */
export function beginningOf(text: string, length: number): string {
  const end = text.slice(0, length);
  return end.isWellFormed() ? end : end.slice(0, -1);
}

/** A text of at most so many bytes of UTF-8, with a mark where it was cut. */
export function textWithin(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  const bytes = Buffer.from(text).subarray(0, bytesMax - Buffer.byteLength(CUT_MARK));
  // A character that was cut through becomes the sign for one that can't be read.
  return `${bytes.toString('utf8').replace(/\uFFFD$/, '')}${CUT_MARK}`;
}
