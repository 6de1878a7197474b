/** What a bench is: one subcommand of `npm run bench`, in a file of its own, listed in `main.ts`. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { messageOf } from '../../src/kernel';

/** Everything that was asked for holds. */
export const OK = 0;

/** A bound that must hold is broken. */
export const BROKEN = 1;

/** The command can't be run as it was given. */
export const BAD_COMMAND = 2;

/** A subcommand. */
export interface Bench {
  readonly name: string;
  /** What it measures, in one line. */
  readonly summary: string;
  /**
   * Runs it.
   *
   * @returns the exit code: `OK`, or `BROKEN` when a bound is broken
   * @throws BadCommand
   */
  run(args: readonly string[]): Promise<number>;
}

/** A command that can't be run as it was given. */
export class BadCommand extends Error {}

/** The options that every bench has. */
const COMMON_OPTIONS = { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } } as const;

type Options = NonNullable<ParseArgsConfig['options']>;

/** What was given for a bench's options. */
type Given<O extends Options> = ReturnType<typeof parseArgs<{ options: O & typeof COMMON_OPTIONS }>>['values'];

/**
 * Reads the options of a bench, beside those that every bench has.
 *
 * @throws BadCommand, with the usage
 */
export function readOptions<const O extends Options>(args: readonly string[], usage: string, options: O): Given<O> {
  try {
    return parseArgs({ args: [...args], options: { ...COMMON_OPTIONS, ...options } }).values;
  } catch (error) {
    throw new BadCommand(`${messageOf(error)}\n\n${usage}`);
  }
}

/**
 * Reads an option that is a count.
 *
 * @throws BadCommand
 */
export function countOf(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 1_000_000) return count;
  throw new BadCommand(`${option} ${text}: it must be 1, 2, 3, … and at most 1,000,000`);
}
