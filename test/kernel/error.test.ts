import {
  isKernelError,
  KernelError,
  messageOf,
  type KernelErrorCode,
  type KernelErrorVariant,
} from '../../src/kernel/error';
import { readGolden } from './golden/read-golden';

interface Golden {
  readonly kernel_error_display: readonly { readonly variant: KernelErrorVariant; readonly display: string }[];
}

const golden = readGolden('event-wire.json') as Golden;

test.each(golden.kernel_error_display.map((row) => [row.variant, row.display] as const))(
  "given the specification's variant %s, then its text is the same",
  (variant, display) => {
    const code: KernelErrorCode = variant === 'Policy' ? 'PolicyDenied' : variant;
    const error = new KernelError(code, 'x');
    expect(error.message).toBe(display);
    expect(error.variant).toBe(variant);
  },
);

test('given a kernel error of another copy of this package, then it is known by name and code', () => {
  const foreign = { name: 'KernelError', code: 'HeadConflict', message: 'm' };
  expect(isKernelError(foreign)).toBe(true);
  expect(isKernelError(foreign, 'HeadConflict')).toBe(true);
  expect(isKernelError(foreign, 'Driver')).toBe(false);
});

test.each<readonly [string, unknown]>([
  ['another error', new Error('m')],
  ['an error with a code', Object.assign(new Error('m'), { code: 'Driver' })],
  ['null', null],
  ['a text', 'KernelError'],
])('given %s, then it is no kernel error', (_, thrown) => {
  expect(isKernelError(thrown)).toBe(false);
});

test('given whatever was thrown, then it has a text', () => {
  expect(messageOf(new Error('m'))).toBe('m');
  expect(messageOf({ message: 'm' })).toBe('m');
  expect(messageOf('m')).toBe('m');
  expect(messageOf(undefined)).toBe('undefined');
  expect(messageOf({ message: 5 })).toBe('[object Object]');
});
