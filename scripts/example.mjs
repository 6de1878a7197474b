/** `npm run example -- NAME`: installs what is missing, then runs the example of that name with the other arguments. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { projectDirectory, runTypeScript } from './run.mjs';

const examples = join(projectDirectory, 'examples');
const names = readdirSync(examples).filter((name) => readdirSync(join(examples, name)).includes('main.ts'));
const [name, ...args] = process.argv.slice(2);
if (names.includes(name)) {
  await ensureInstalled();
  process.exitCode = await runTypeScript(`examples/${name}/main.ts`, args);
} else {
  const isHelp = name === '--help';
  const problem = isHelp || name === undefined ? '' : `There is no example ${name}.\n`;
  process[isHelp ? 'stdout' : 'stderr'].write(`${problem}Usage: npm run example -- ${names.join(' | ')} [--help]\n`);
  process.exitCode = isHelp ? 0 : 2;
}
