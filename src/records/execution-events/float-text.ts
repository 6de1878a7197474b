/** The text of a float as the reference prints it: a whole one has a fraction, a very large or small one an exponent. */

/** From here on the reference prints an exponent. */
const PLAIN_END = 1e16;

/** Down to here it prints none. */
const PLAIN_MIN = 1e-5;

/** The text of a finite number whose type is a float in the specification. */
export function floatText(value: number): string {
  const size = Math.abs(value);
  if (size >= PLAIN_END || (size < PLAIN_MIN && size > 0)) return value.toExponential();
  const text = Object.is(value, -0) ? '-0' : String(value);
  return Number.isInteger(value) ? `${text}.0` : text;
}
