/** What a soak is: a part of the tests that can be run for as long as one likes. */

export interface Soak {
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** What its `--help` prints. */
  readonly usage: string;
  /**
   * Runs it.
   *
   * @returns whether all was as it must be
   * @throws BadCommand for arguments that it can't understand
   */
  readonly run: (args: readonly string[]) => Promise<boolean>;
}

/** A command that can't be run as it was given. */
export class BadCommand extends Error {}

/** A whole number that was given as an argument. */
export function wholeNumber(option: string, text: string, least: number): number {
  const number = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new BadCommand(`--${option} ${text}: it must be a whole number, ${least} at least`);
}
