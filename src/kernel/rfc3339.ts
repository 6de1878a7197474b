/**
 * RFC 3339: how a moment is written in the specification's records. In memory it is a number of milliseconds since 1970.
 *
 * It reads no clock: `Date` only converts what it is given. A text is printed as the reference prints it: in UTC, with three
 * digits of a fraction, or none when they would be zeros.
 */
import { KernelError } from './error';

/** The moments that four digits of a year can say: those of the years 0 to 9999. */
const TIME_MS_MIN = -62_167_219_200_000;
const TIME_MS_MAX = 253_402_300_799_999;

const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:)(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):?(\d\d))$/;

/**
 * The text of a moment.
 *
 * @throws KernelError `InvalidTime`
 */
export function rfc3339Of(timeMs: number): string {
  assertTimeMs(timeMs);
  return new Date(timeMs).toISOString().replace('.000Z', 'Z');
}

/**
 * The moment that a text says, in milliseconds since 1970. What is finer than a millisecond is cut off.
 *
 * @throws KernelError `InvalidTime`
 */
export function parseRfc3339(text: string): number {
  const [, date, minute, second, fraction = '', sign = '+', hours = '00', minutes = '00'] = RFC3339.exec(text) ?? [];
  // A leap second is the first of the next minute, as everywhere where days have 86,400 seconds.
  const isLeap = second === '60';
  const utc = `${date}T${minute}${isLeap ? '59' : second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
  const localMs = Date.parse(utc);
  // What no calendar has (30 February, 24 o'clock) would be read as another day.
  const isReal = Number.isFinite(localMs) && new Date(localMs).toISOString() === utc;
  if (!isReal || Number(hours) > 23 || Number(minutes) > 59) {
    throw new KernelError('InvalidTime', `${JSON.stringify(text.slice(0, 100))} is no time as RFC 3339 has it`);
  }
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000;
  const timeMs = localMs + (isLeap ? 1_000 : 0) + (sign === '+' ? -offsetMs : offsetMs);
  assertTimeMs(timeMs);
  return timeMs;
}

/**
 * Checks that a number is a moment that RFC 3339 can say.
 *
 * @throws KernelError `InvalidTime`
 */
export function assertTimeMs(timeMs: number): void {
  if (Number.isSafeInteger(timeMs) && timeMs >= TIME_MS_MIN && timeMs <= TIME_MS_MAX) return;
  throw new KernelError(
    'InvalidTime',
    `${timeMs} is no time: whole milliseconds since 1970 are, of the years 0 to 9999`,
  );
}
