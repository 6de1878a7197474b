/**
 * The compiled command line in a process that stays, for tests that make many calls: what the executable does with its arguments, its
 * environment and its streams is done here with those that a message brings. What only a process of its own shows (its exit code, its
 * stdin, a reader who goes away, what stays open at its end) is not seen here.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Runtime } from '@temporalio/worker';
import type { runCommandLine } from '../../src/cli/command-line';
import type { VERBS } from '../../src/cli/verbs';

/** A call. */
export interface ResidentCall {
  readonly id: number;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** What came of it. */
export interface ResidentResult {
  readonly id: number;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface CommandLine {
  readonly runCommandLine: typeof runCommandLine;
}
interface Verbs {
  readonly VERBS: typeof VERBS;
}

const load = createRequire(__filename);
const commandLine = load(join(__dirname, 'dist/cli/command-line.js')) as CommandLine;
const { VERBS: verbs } = load(join(__dirname, 'dist/cli/verbs/index.js')) as Verbs;

// A process has one runtime, and every call wants to install its own: one that comes while another is under way shares it.
const install = Runtime.install.bind(Runtime);
Runtime.install = (options) => {
  try {
    return install(options);
  } catch {
    return Runtime.instance();
  }
};

process.on('message', ({ id, args, env }: ResidentCall) => {
  let [stdout, stderr] = ['', ''];
  const result = commandLine.runCommandLine(args, {
    verbs,
    env,
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  void result.then((code) => process.send?.({ id, code, stdout, stderr } satisfies ResidentResult));
});
