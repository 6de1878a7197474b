#!/usr/bin/env node
/**
 * The executable `temporal-kernel`, which Temporal's CLI finds as `temporal kernel`.
 *
 * Guarantees: its exit code is one of `exit-code.ts`; when whoever reads what it prints goes away, it ends without a word.
 */
import { runCommandLine } from './command-line';
import { EXIT } from './exit-code';
import { VERBS } from './verbs';

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // `temporal-kernel events RUN | head`: who has read enough is served.
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.fault);
  });
}

runCommandLine(process.argv.slice(2), {
  verbs: VERBS,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
}).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = EXIT.fault;
  },
);
