import { actionIdOf, assertRunId, interruptIdOf, RUN_ID_BYTES_MAX } from '../../src/kernel/identity';
import { kernelError } from './kernel-error-matcher';

test('given a run and a seq, then actions and interrupts are named after both', () => {
  expect(actionIdOf('run', 7)).toBe('run-7');
  expect(interruptIdOf('run', 9)).toBe('run-9');
});

test.each<readonly [string, unknown]>([
  ['a word', 'run'],
  ['other scripts', 'läuft-日本語-🦀'],
  ['a path', '../escape'],
  ['as many bytes as there may be', 'x'.repeat(RUN_ID_BYTES_MAX)],
  ['as many bytes as there may be, three a character', '語'.repeat(RUN_ID_BYTES_MAX / 3)],
])('given %s, then it can name a run', (_, runId) => {
  expect(() => {
    assertRunId(runId);
  }).not.toThrow();
});

test.each<readonly [string, unknown]>([
  ['nothing', undefined],
  ['an empty text', ''],
  ['a number', 5],
  ['a line break', 'a\nb'],
  ['a NUL', 'a\u0000'],
  ['half a surrogate pair', '\ud800'],
  ['one byte too many', 'x'.repeat(RUN_ID_BYTES_MAX + 1)],
  ['too many bytes in fewer characters', '語'.repeat(RUN_ID_BYTES_MAX / 3 + 1)],
])('given %s, then InvalidRunId', (_, runId) => {
  expect(() => {
    assertRunId(runId);
  }).toThrow(kernelError('InvalidRunId'));
});
