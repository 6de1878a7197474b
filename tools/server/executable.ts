/**
 * A server executable on disk: is it there, and is it what it should be?
 *
 * Guarantees: a path that passed `checkExecutable` was run once and said that it is the right program.
 * Must not: start a server, fetch or change anything.
 */
import { constants, promises as fs } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand } from './command';
import { type CheckReading, executableName, type ServerProgram } from './server-program';

/** The first start of a fetched program can be slow: a virus scanner or a cold disk reads 150 MB. */
const CHECK_TIMEOUT_MS = 60_000;

/** Runs the program once, only to have it say what it is. */
export async function checkExecutable(
  program: ServerProgram,
  path: string,
  env: NodeJS.ProcessEnv,
): Promise<CheckReading> {
  const result = await runCommand(path, program.checkArgs, { env, timeoutMs: CHECK_TIMEOUT_MS });
  if (result.ok) return program.readCheck(result.output);
  return { usable: false, reason: `it does not run (${result.failure})` };
}

/** The first executable of that name on the PATH, as a shell would find it. */
export async function findOnPath(program: ServerProgram, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    if (directory === '') continue;
    const path = join(directory, executableName(program));
    if (await isExecutableFile(path)) return path;
  }
  return undefined;
}

export async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await fs.access(path, constants.X_OK);
    return (await fs.stat(path)).isFile();
  } catch {
    return false;
  }
}
