/** What the policy says of SPDX expressions. */
import { verdictOf } from '../../examples/licence-auditor/licence-policy';

describe('given a licence expression, the verdict is', () => {
  test.each([
    ['MIT', 'allowed'],
    ['GPL-3.0-only', 'denied'],
    ['AGPL-3.0', 'denied'],
    ['UNLICENSED', 'denied'],
    ['Unlicense', 'allowed'],
    ['LGPL-2.1', 'unknown'],
    ['CC-BY-4.0', 'unknown'],
    ['', 'unknown'],
    ['SEE LICENSE IN LICENSE.txt', 'unknown'],
    ['__proto__', 'unknown'],
    ['constructor', 'unknown'],
  ])('%j: %s', (expression, verdict) => {
    expect(verdictOf(expression)).toBe(verdict);
  });
});

describe('given an OR, one allowed alternative is enough', () => {
  test.each([
    ['(MIT OR GPL-3.0)', 'allowed'],
    ['GPL-2.0 OR WTFPL', 'unknown'],
    ['GPL-2.0 OR AGPL-3.0', 'denied'],
    ['mit or MIT', 'allowed'],
  ])('%j: %s', (expression, verdict) => {
    expect(verdictOf(expression)).toBe(verdict);
  });
});

describe('given an AND, all parts must be allowed, and it binds closer than OR', () => {
  test.each([
    ['Apache-2.0 AND MIT', 'allowed'],
    ['MIT AND CC-BY-4.0', 'unknown'],
    ['MIT AND GPL-2.0', 'denied'],
    ['CC-BY-4.0 AND GPL-2.0', 'denied'],
    ['MIT OR GPL-2.0 AND ISC', 'allowed'],
    ['(MIT OR GPL-2.0) AND ISC', 'allowed'],
    ['(MIT OR ISC) AND GPL-2.0', 'denied'],
  ])('%j: %s', (expression, verdict) => {
    expect(verdictOf(expression)).toBe(verdict);
  });
});

describe('given an exception or a broken expression, nothing is allowed by accident', () => {
  test.each([
    ['Apache-2.0 WITH LLVM-exception', 'allowed'],
    ['GPL-2.0 WITH Classpath-exception-2.0', 'unknown'],
    ['(MIT', 'unknown'],
    ['MIT)', 'unknown'],
    ['MIT AND', 'unknown'],
    ['MIT ISC', 'unknown'],
    ['('.repeat(200), 'unknown'],
  ])('%j: %s', (expression, verdict) => {
    expect(verdictOf(expression)).toBe(verdict);
  });
});
