/**
 * `npm run bench`: measures, and says which of the bounds that this project promises hold.
 *
 * Guarantees: exit code 0 when every bound that could be measured holds, 1 when one is broken, 2 when the command can't be
 * run as it was given. A new bench is one file, and one line in `BENCHES`.
 */
import { BAD_COMMAND, BadCommand, OK, type Bench } from './bench';
import { defaultsBench } from './defaults-bench';
import { footprintBench } from './footprint-bench';
import { journalBench } from './journal-bench';
import { kernelBench } from './kernel-bench';
import { manyBench } from './many-bench';
import { mirrorBench } from './mirror-bench';
import { peersBench } from './peers-bench';
import { stepsBench } from './steps-bench';
import { storesBench } from './stores-bench';

const BENCHES: readonly Bench[] = [
  kernelBench,
  storesBench,
  mirrorBench,
  stepsBench,
  footprintBench,
  manyBench,
  defaultsBench,
  journalBench,
  peersBench,
];

const USAGE = `npm run bench -- BENCH [OPTION...]

Measures, and says which bounds hold.

${BENCHES.map(({ name, summary }) => `  ${name.padEnd(9)} ${summary}`).join('\n')}

  BENCH --help   what that bench measures, and its options
  --help         prints this

Exit code: 0 when all bounds hold, 1 when one is broken, 2 when the command can't be run as it was given.`;

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (!(error instanceof BadCommand)) throw error;
    console.error(error.message);
    process.exitCode = BAD_COMMAND;
  },
);

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h') {
    console.log(USAGE);
    return OK;
  }
  if (name === undefined) throw new BadCommand(`which bench?\n\n${USAGE}`);
  const bench = BENCHES.find((one) => one.name === name);
  if (bench === undefined) throw new BadCommand(`${name}: no such bench\n\n${USAGE}`);
  return await bench.run(args);
}
