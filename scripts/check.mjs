/** `npm run check`: runs every static check, all of them even when one fails, and says in a line how each went. */
import { ensureInstalled } from './ensure-installed.mjs';
import { commandFile, run } from './run.mjs';

const CHECKS = [
  { name: 'format', package: 'prettier', command: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
  { name: 'lint', package: 'eslint', command: 'eslint', args: ['--max-warnings', '0', '.'] },
  { name: 'types', package: 'typescript', command: 'tsc', args: ['--noEmit'] },
  {
    name: 'layers',
    package: 'dependency-cruiser',
    command: 'depcruise',
    args: ['--config', '.dependency-cruiser.cjs', 'src'],
  },
];

await ensureInstalled();
let failures = 0;
for (const check of CHECKS) {
  const startedMs = Date.now();
  const code = await run(process.execPath, [commandFile(check.package, check.command), ...check.args]);
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  if (code !== 0) failures += 1;
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${check.name.padEnd(6)} (${check.package}, ${seconds} s)`);
  // Interrupted from outside: the rest would only be interrupted as well.
  if (code > 128) process.exit(code);
}
process.exitCode = failures === 0 ? 0 : 1;
