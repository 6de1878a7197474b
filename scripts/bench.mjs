/** `npm run bench`: installs what is missing, then measures with the same arguments. */
import { ensureInstalled } from './ensure-installed.mjs';
import { runTypeScript } from './run.mjs';

// The program runs in the project's folder; paths are meant from where it was called.
process.env.INIT_CWD ??= process.cwd();
await ensureInstalled();
process.exitCode = await runTypeScript('tools/bench/main.ts', process.argv.slice(2), './tools/bench/compiled.cjs');
