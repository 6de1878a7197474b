/**
 * Times as text: RFC 3339 in UTC, printed as the reference does, with three digits of a second or none.
 *
 * Guarantees: a text that is read is the time that was written, or refused; nothing is cut off it.
 */
import { KernelError } from '../../kernel';

/** The last millisecond of the year 9999: RFC 3339 has four digits for a year. */
export const TIMESTAMP_MS_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** The first millisecond of the year 0. */
export const TIMESTAMP_MS_MIN = -62_167_219_200_000;

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})(\d*))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Whether a number is a time that a text can say. */
export function isTimestampMs(value: number): boolean {
  return Number.isSafeInteger(value) && value >= TIMESTAMP_MS_MIN && value <= TIMESTAMP_MS_MAX;
}

/** The text of a time in milliseconds since 1970. */
export function timestampText(timestampMs: number): string {
  return new Date(timestampMs).toISOString().replace('.000Z', 'Z');
}

/**
 * Reads the text of a time, in whatever offset it is written.
 *
 * @returns milliseconds since 1970
 * @throws KernelError `InvalidEvent` for what is no time, has a leap second, or is finer than a millisecond
 */
export function parseTimestamp(text: string): number {
  const match = RFC_3339.exec(text);
  if (match === null) throw invalid(text, 'is no RFC 3339 time');
  const [, year, month, day, hour, minute, second, millis = '', finer = '', sign, offsetHours, offsetMinutes] = match;
  if (/[1-9]/.test(finer)) throw invalid(text, 'is finer than a millisecond');
  const local = new Date(0);
  local.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  local.setUTCHours(Number(hour), Number(minute), Number(second), Number(millis.padEnd(3, '0')));
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}.`;
  if (!local.toISOString().startsWith(written)) throw invalid(text, 'is no time that a calendar and a clock know');
  const offset = Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0);
  if (offset >= 24 * 60 || Number(offsetMinutes ?? 0) >= 60) throw invalid(text, 'has an offset that is none');
  const timestampMs = local.getTime() - (sign === '-' ? -offset : offset) * 60_000;
  if (!isTimestampMs(timestampMs)) throw invalid(text, 'is beyond the years 0 to 9999');
  return timestampMs;
}

function invalid(text: string, reason: string): KernelError {
  return new KernelError('InvalidEvent', `the time ${JSON.stringify(text.slice(0, 100))} ${reason}`);
}
