/**
 * `npm test`: installs what is missing, then runs jest with the same arguments.
 *
 * Guarantees: the very last line is `N passed, N failed`, counted in tests; a suite that could not run, a jest that
 * ended badly and a run without any test each count as a failure. The exit code agrees with that line.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { commandFile, run } from './run.mjs';

await ensureInstalled();
const directory = mkdtempSync(join(tmpdir(), 'temporal-kernel-tests-'));
const resultsFile = join(directory, 'results.json');
const code = await run(process.execPath, [
  commandFile('jest', 'jest'),
  '--json',
  `--outputFile=${resultsFile}`,
  ...process.argv.slice(2),
]);
const { passed, failed, why } = count(code, readResults());
rmSync(directory, { recursive: true, force: true });
if (why !== '') console.log(why);
process.exitCode = failed === 0 ? 0 : code || 1;
console.log(`${passed} passed, ${failed} failed`);

function readResults() {
  try {
    return JSON.parse(readFileSync(resultsFile, 'utf8'));
  } catch {
    return undefined;
  }
}

function count(jestCode, results) {
  if (results === undefined) return { passed: 0, failed: 1, why: `jest ended without results (exit code ${jestCode})` };
  const passed = results.numPassedTests;
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  if (failed > 0) return { passed, failed, why: '' };
  if (jestCode !== 0) return { passed, failed: 1, why: `every test passed, but jest ended with exit code ${jestCode}` };
  if (passed === 0) return { passed, failed: 1, why: 'no test was run' };
  return { passed, failed, why: '' };
}
