import fc from 'fast-check';
import { parseRfc3339, rfc3339Of } from '../../src/kernel/rfc3339';
import { readGolden } from './golden/read-golden';
import { kernelError } from './kernel-error-matcher';

interface Golden {
  readonly read: readonly { readonly created_at: string; readonly milliseconds: number | null }[];
}

const golden = readGolden('interrupts.json') as Golden;

/** The reference reads a fifth digit of a year, which RFC 3339 does not have. */
const isFourDigits = ({ created_at: text }: { readonly created_at: string }): boolean => !text.startsWith('+');

test.each(golden.read.filter(isFourDigits))(
  'given $created_at, then it is read as the reference reads it: $milliseconds',
  ({ created_at: text, milliseconds }) => {
    if (milliseconds === null) expect(() => parseRfc3339(text)).toThrow(kernelError('InvalidTime'));
    else expect(parseRfc3339(text)).toBe(milliseconds);
  },
);

test.each([
  '',
  'now',
  '+12024-01-01T00:00:00Z',
  '2024-1-1T00:00:00Z',
  '2023-02-29T00:00:00Z',
  '2024-13-01T00:00:00Z',
  '2024-01-01T00:60:00Z',
  '2024-01-01T00:00:61Z',
  '2024-01-01T00:00:00+24:00',
  '2024-01-01T00:00:00+00:60',
  '2024-01-01T00:00:00.Z',
  ' 2024-01-01T00:00:00Z',
  '0000-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
])('given %j, then it is no time', (text) => {
  expect(() => parseRfc3339(text)).toThrow(kernelError('InvalidTime'));
});

test.each([0.5, Number.NaN, Infinity, 253_402_300_800_000, -62_167_219_200_001])(
  'given %d, then it is no time',
  (timeMs) => {
    expect(() => rfc3339Of(timeMs)).toThrow(kernelError('InvalidTime'));
  },
);

test('given any moment of four digits of a year, then its text is read as that moment', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }), (timeMs) => {
      expect(parseRfc3339(rfc3339Of(timeMs))).toBe(timeMs);
    }),
  );
});

test('given any text, then the reader throws nothing but its own error', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => parseRfc3339(text)).toThrow(kernelError('InvalidTime'));
    }),
  );
});
