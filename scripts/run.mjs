/**
 * Runs a program as if it were this process.
 *
 * Guarantees: its standard streams are ours, it gets our signals, and its exit code is handed back (128 and the
 * signal's number when a signal ended it).
 * Must not: need anything but Node itself.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectDirectory = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * One Ctrl-C arrives several times: the terminal sends it to every process, and npm passes it on as well. The child
 * must see one, because a Temporal worker takes the second for "at once".
 */
const SAME_INTERRUPT_MS = 1_000;

export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: projectDirectory,
      stdio: 'inherit',
      // Only a .cmd file needs the shell.
      shell: program.endsWith('.cmd'),
      ...options,
    });
    const stopForwarding = forwardSignals(child);
    const end = (code) => {
      stopForwarding();
      resolve(code);
    };
    child.once('error', (error) => {
      process.stderr.write(`${program} could not be started: ${error.message}\n`);
      end(127);
    });
    child.once('close', (code, signal) => end(code ?? 128 + constants.signals[signal]));
  });
}

/** Runs a TypeScript file. `--require` and not `--import`: the latter needs Node 20.6. */
export function runTypeScript(file, args, loader = 'tsx/cjs') {
  return run(process.execPath, ['--require', loader, file, ...args]);
}

/** The JavaScript file behind a command of an installed package. */
export function commandFile(packageName, command) {
  const directory = join(projectDirectory, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  return join(directory, typeof bin === 'string' ? bin : bin[command]);
}

function forwardSignals(child) {
  // At a terminal the child has had the first one already.
  let lastInterruptMs = 0;
  let interrupts = 0;
  const onInterrupt = () => {
    const nowMs = Date.now();
    if (nowMs - lastInterruptMs < SAME_INTERRUPT_MS) return;
    lastInterruptMs = nowMs;
    interrupts += 1;
    if (interrupts === 1 && process.stdin.isTTY) return;
    child.kill('SIGINT');
  };
  const onTerminate = () => child.kill('SIGTERM');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  return () => {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
  };
}
