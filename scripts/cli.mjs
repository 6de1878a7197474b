/** `npm run cli`: installs what is missing, then runs the terminal from its sources with the same arguments. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { projectDirectory, run } from './run.mjs';

await ensureInstalled();
// Without a program of one's own there is something to look at all the same.
process.env.TEMPORAL_KERNEL_PROGRAMS ??= join(projectDirectory, 'examples/licence-auditor/licence-auditor.ts');
const reader = createRequire(import.meta.url).resolve('tsx/cjs');
// Paths are meant from where it was called.
process.exitCode = await run(
  process.execPath,
  ['--require', reader, join(projectDirectory, 'src/cli/main.ts'), ...process.argv.slice(2)],
  { cwd: process.env.INIT_CWD ?? process.cwd() },
);
