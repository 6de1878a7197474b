/** `npm run soak`: installs what is missing, then runs a soak with the same arguments. */
import { ensureInstalled } from './ensure-installed.mjs';
import { runTypeScript } from './run.mjs';

await ensureInstalled();
process.exitCode = await runTypeScript('tools/soak/main.ts', process.argv.slice(2));
