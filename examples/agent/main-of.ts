/** The command line of an example: its help, its errors, its exit code. */
import { messageOf } from '../../src/kernel';
import { OPTIONS_HELP, OptionsError, readOptions, type AgentOptions } from './options';

/** Runs an example. 0: it ended well. 1: it failed. 2: the command line can't be understood. */
export async function mainOf(usage: string, act: (options: AgentOptions) => Promise<void>): Promise<void> {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options === null) process.stdout.write(`${usage}\n\n${OPTIONS_HELP}`);
    else await act(options);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = error instanceof OptionsError ? 2 : 1;
  }
}
