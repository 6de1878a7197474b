/**
 * The mirror's process: `npm run mirror`, or `node dist/mirror-main.js`. It ends with what `runMirror` gives, and with 2 when nothing
 * could be done at all.
 */
import { isKernelError, messageOf } from './kernel';
import { flagOf, isMirrorArgumentsError } from './mirror-arguments';
import { runMirror } from './mirror-command';
import { isWorkerEnvironmentError } from './worker-environment';

/** What is wrong outside needs no stack; anything else is a fault whose place matters. */
function textOf(error: unknown): string {
  if (isWorkerEnvironmentError(error)) {
    const flag = flagOf(error);
    return flag === null ? error.message : `${flag}: ${error.message}`;
  }
  const expected = isMirrorArgumentsError(error) || isKernelError(error);
  return (expected || !(error instanceof Error) ? undefined : error.stack) ?? messageOf(error);
}

runMirror(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${textOf(error)}\n`);
    process.exit(2);
  },
);
