/**
 * `npm run soak -- PART …`: parts of the tests for as long as one likes.
 *
 * Guarantees: exit code 0 when all was as it must be, 1 when something was not, 2 when the command can't be run as it was given.
 */
import { messageOf } from '../../src/kernel';
import { bursts } from './bursts';
import { continueAsNew } from './continue-as-new';
import { conversation } from './conversation';
import { errands } from './errands';
import { killed } from './kills';
import { mutations } from './mutations';
import { programs } from './programs';
import { BadCommand, type Soak } from './soak';

const SOAKS: readonly Soak[] = [programs, mutations, continueAsNew, conversation, killed, bursts, errands];

const USAGE = `npm run soak -- PART [OPTIONS]

Runs a part of the tests for as long as you like.

${SOAKS.map(({ name, summary }) => `  ${name.padEnd(16)} ${summary}`).join('\n')}

Exit code: 0 when all was as it must be, 1 when something was not, 2 when the command can't be run as it was given.
Options of a part: npm run soak -- PART --help`;

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof BadCommand ? error.message : error);
    // A worker that the SDK has given up would keep the process for ever.
    process.exit(error instanceof BadCommand ? 2 : 1);
  },
);

async function main([part, ...args]: readonly string[]): Promise<number> {
  if (part === '--help' || part === '-h') {
    console.log(USAGE);
    return 0;
  }
  const soak = SOAKS.find(({ name }) => name === part);
  if (soak === undefined) throw new BadCommand(part === undefined ? USAGE : `there is no part ${part}\n\n${USAGE}`);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(soak.usage);
    return 0;
  }
  try {
    return (await soak.run(args)) ? 0 : 1;
  } catch (error) {
    // What parseArgs throws says which argument it can't understand.
    if (error instanceof TypeError && 'code' in error) throw new BadCommand(`${messageOf(error)}\n\n${soak.usage}`);
    throw error;
  }
}
