/**
 * The specification's own unit tests exist here by the same names. `specification-tests.json` lists them by the file that they
 * stand in there; what is otherwise here has the name of the better behaviour, and `docs/differences.md` says why.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = ['kernel', 'records', 'stores'];

/** The texts of all test files that may have them. */
const testFiles: readonly string[] = FOLDERS.flatMap((folder) => {
  const path = join(__dirname, '..', folder);
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
  return names.map((name) => readFileSync(join(path, name), 'utf8'));
});

const byFile = JSON.parse(readFileSync(join(__dirname, 'specification-tests.json'), 'utf8')) as Readonly<
  Record<string, readonly string[]>
>;

test.each(Object.entries(byFile))('given the tests of %s, then each of them is here', (_, names) => {
  expect(names.length).toBeGreaterThan(0);
  // The first argument of a test, or the first column of a table of tests.
  const isHere = (name: string): boolean =>
    testFiles.some((text) => text.includes(`test('${name}'`) || text.includes(`['${name}',`));
  expect(names.filter((name) => !isHere(name))).toEqual([]);
});
