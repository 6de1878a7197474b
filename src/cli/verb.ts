/** A verb of the terminal: one file under `verbs/`, listed in `verbs/index.ts`. */
import type { Command } from 'commander';
import type { ExitCode } from './exit-code';
import type { Session } from './session';
import type { Terminal } from './terminal';

/** One call of a verb. */
export interface Call<Options> {
  /** The arguments as they were given; null for an optional one that was not. */
  readonly args: readonly (string | null)[];
  /** What stands on the command line in no declared place; empty but for verbs that take it. */
  readonly rest: readonly string[];
  readonly options: Options;
  readonly session: Session;
  readonly terminal: Terminal;
}

/** A verb whose options have been forgotten: what the command line needs. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  /** Command lines without the name of the executable; shown in `--help`. */
  readonly examples: readonly string[];
  /** Whether it has no results that `--json` could change, or reads its command line by itself. */
  readonly isBare?: boolean;
  /** Says its arguments and options. */
  readonly declare: (command: Command) => void;
  readonly run: (call: Call<never>) => Promise<ExitCode>;
}

/** Defines a verb. `Options` are what the declared flags give, in commander's casing. */
export function defineVerb<Options extends object>(
  verb: Omit<Verb, 'run'> & { readonly run: (call: Call<Options>) => Promise<ExitCode> },
): Verb {
  return verb;
}
