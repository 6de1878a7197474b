/** Flags that several verbs have, in groups. What a flag does not say, the environment says. */
import { InvalidArgumentError, Option, type Command } from 'commander';

/** Where a server is, and whose runs count. */
export interface ServerOptions {
  readonly address?: string;
  readonly namespace?: string;
  readonly apiKey?: string;
  readonly tenant?: string;
  readonly dataConverter?: string;
}

export interface ProgramOptions {
  readonly programs?: string;
}

/** Where a run is read from. */
export interface SourceOptions extends ServerOptions, ProgramOptions {
  readonly store?: string | true;
  readonly history?: readonly string[];
  readonly execution?: string;
}

export interface LimitOptions {
  readonly limit: number;
}

/** Adds the flags of a server. */
export function withServer(command: Command): Command {
  return command
    .optionsGroup('Server:')
    .option('--address <HOST:PORT>', 'the server (TEMPORAL_ADDRESS; default localhost:7233)')
    .option('--namespace <NAME>', '(TEMPORAL_NAMESPACE; default `default`)')
    .option('--api-key <KEY>', 'turns TLS on (TEMPORAL_API_KEY); certificates: TEMPORAL_TLS_…')
    .option('--tenant <NAME>', 'whose runs (TEMPORAL_KERNEL_TENANT)')
    .option('--data-converter <FILE>', 'the module that exports `dataConverter` (TEMPORAL_KERNEL_DATA_CONVERTER)');
}

/** Adds the flag of the programs. */
export function withPrograms(command: Command): Command {
  return command
    .optionsGroup('Programs:')
    .option('--programs <FILE>', 'the module whose exports are your programs (TEMPORAL_KERNEL_PROGRAMS)');
}

/** Adds the flag of a store. */
export function withStore(command: Command, says: string): Command {
  return command.optionsGroup('Store:').option('--store [PATH|URL]', says);
}

/** Adds the flags that say where a run is read from. */
export function withSource(command: Command): Command {
  withServer(withPrograms(command));
  return withStore(
    command,
    'read what was mirrored there (TEMPORAL_KERNEL_STORE), and no server: a file, or postgres://…',
  )
    .optionsGroup('Files:')
    .option('--history <FILE|FOLDER>', 'read exported histories, and no server; can be given several times', collected)
    .option('--execution <ID>', 'the execution that is meant, where it is not the run’s current one')
    .optionsGroup('Options:');
}

/** The values of a flag that can be given several times. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Adds `--limit`. */
export function withLimit(command: Command, usual: number, max: number, what: string): Command {
  const limit = new Option('--limit <N>', `at most so many ${what} (1 to ${max})`);
  return command.addOption(limit.default(usual).argParser((text) => count(text, 1, max)));
}

/** A whole number of an option or argument, within bounds. */
export function count(text: string, min: number, max: number): number {
  const number = Number(text);
  if (/^\d{1,15}$/.test(text) && number >= min && number <= max) return number;
  throw new InvalidArgumentError(`give a whole number from ${min} to ${max}.`);
}
