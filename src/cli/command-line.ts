/**
 * The command line: which verbs there are, what `--help` says, and how a call ends. It knows nothing of what a verb does.
 *
 * Guarantees: whatever a verb throws becomes a text on stderr (one line of JSON with `--json`) and a stable exit code; what it
 * opened is closed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { EXIT, EXIT_CODE_HELP, type ExitCode } from './exit-code';
import { failureOf } from './failure';
import type { FailureOutput } from './output/failure';
import { Session } from './session';
import { Terminal, type TextStream } from './terminal';
import type { Call, Verb } from './verb';

/** The name that the executable has, and that Temporal's CLI looks for. */
const NAME = 'temporal-kernel';

/** What a command line works on. */
export interface Surroundings {
  readonly verbs: readonly Verb[];
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: NodeJS.ProcessEnv;
}

/** Does what a command line says. It never throws. */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = new Command(NAME)
    .description('Runs of programs on Temporal: start, watch, answer, read, verify.')
    .version(packageVersion(), '-V, --version')
    .enablePositionalOptions()
    .showHelpAfterError(`See ${NAME} --help.`)
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `\n${EXIT_CODE_HELP}\n\nOn the PATH it is also a command of Temporal's CLI: temporal kernel …`,
    );
  for (const verb of surroundings.verbs) {
    const command = program.command(verb.name).description(verb.summary).copyInheritedSettings(program);
    verb.declare(command);
    command.showHelpAfterError(`See ${NAME} ${verb.name} --help.`);
    if (verb.isBare !== true) command.option('--json', 'print JSON in place of text');
    command.addHelpText('after', () => helpAfter(verb));
    command.action(async () => {
      exitCode = await runVerb(verb, command, surroundings);
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

async function runVerb(verb: Verb, command: Command, { stdout, stderr, env }: Surroundings): Promise<ExitCode> {
  const options = command.opts<Record<string, unknown>>();
  const terminal = new Terminal(options['json'] === true, stdout, stderr, env);
  const session = new Session(options, env, terminal);
  const args = command.processedArgs.map((argument: unknown) => (typeof argument === 'string' ? argument : null));
  const call: Call<object> = { args, rest: command.args, options, session, terminal };
  try {
    return await verb.run(call as Call<never>);
  } catch (error) {
    const { exitCode, code, message, advice } = failureOf(error);
    const output: FailureOutput = { error: { code, message, advice, exitCode } };
    if (terminal.json) stderr.write(`${JSON.stringify(output)}\n`);
    else terminal.note(advice === null ? message : `${message}\nWhat to do: ${advice}`);
    return exitCode;
  } finally {
    await session.close();
  }
}

function helpAfter({ examples }: Verb): string {
  const lines = examples.map((example) => `  ${NAME} ${example}`);
  return ['', lines.length === 1 ? 'Example:' : 'Examples:', ...lines, '', EXIT_CODE_HELP].join('\n');
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as { version: string };
  return version;
}
