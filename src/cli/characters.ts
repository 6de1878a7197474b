/** Text as it is seen: in characters, and not in the units that it is stored in. */

/** Units that are looked at for each character that may be shown. */
const UNITS_LOOKED_AT = 16;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The characters of a text. */
export function charactersOf(text: string): readonly string[] {
  return [...segmenter.segment(text)].map(({ segment }) => segment);
}

/** The start of a text that is too long. */
export function excerpt(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  // A character is seldom more than a few units: the rest of a long text need not be looked at.
  const start = text.slice(0, lengthMax * UNITS_LOOKED_AT);
  const characters = charactersOf(start);
  const isWhole = start.length === text.length && characters.length <= lengthMax;
  return isWhole ? text : `${characters.slice(0, lengthMax - 1).join('')}…`;
}
