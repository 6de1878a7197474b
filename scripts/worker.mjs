/** `npm run worker`: installs what is missing, then runs a worker with the same arguments. */
import { ensureInstalled } from './ensure-installed.mjs';
import { runTypeScript } from './run.mjs';

await ensureInstalled();
// Without a program of one's own there is something to look at all the same.
process.env.TEMPORAL_KERNEL_PROGRAMS ??= 'examples/licence-auditor/licence-auditor.ts';
process.env.TEMPORAL_KERNEL_WORKFLOWS ??= 'examples/licence-auditor/workflows.ts';
process.exitCode = await runTypeScript('src/worker-main.ts', process.argv.slice(2));
