/** `npm run demo`: installs what is missing, then runs the demo with the same arguments. */
import { ensureInstalled } from './ensure-installed.mjs';
import { runTypeScript } from './run.mjs';

await ensureInstalled();
process.exitCode = await runTypeScript('examples/licence-auditor/demo.ts', process.argv.slice(2));
