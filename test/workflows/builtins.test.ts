/** What a bundle has as constants. */
import { runInNewContext } from 'node:vm';
import { BUILTINS, BUILTINS_TEXT } from '../../src/sandbox/builtins';

test('given the constants of a bundle, then they are the builtins of the sandbox that evaluates it', () => {
  const same: unknown = runInNewContext(
    `const names = ${JSON.stringify(BUILTINS)}; ${BUILTINS_TEXT} [${BUILTINS.join()}].map((one, index) => one === globalThis[names[index]])`,
  );
  expect(JSON.stringify(same)).toBe(JSON.stringify(BUILTINS.map(() => true)));
});

test('given the constants of a bundle, then none is what Temporal, the guard or a run replaces', () => {
  const replaced = [
    'Date',
    'Math',
    'Promise',
    'WeakRef',
    'FinalizationRegistry',
    'setTimeout',
    'clearTimeout',
    'globalThis',
  ];
  expect(BUILTINS.filter((name) => replaced.includes(name))).toEqual([]);
});
