/** How the terminal's process ends. The numbers are promised: scripts match on them. */

/** Exit codes by what they mean. */
export const EXIT = {
  ok: 0,
  /** The answer is no: it does not verify, the runs differ, the run failed. */
  no: 1,
  /** Wrong usage: arguments, variables, a module of programs that can't be loaded. */
  usage: 2,
  /** Out of reach: no server, no worker, no namespace, no store, or no right to it. */
  unreachable: 3,
  /** No such run, file or program. */
  notFound: 4,
  /** Refused: the run does not take that now, or the program's schema does not. */
  refused: 5,
  /** Damaged: a file, a stored log or a history is not what it should be. */
  damaged: 6,
  /** A fault of ours. */
  fault: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The part of `--help` about exit codes. */
export const EXIT_CODE_HELP = `Exit codes:
  0  all is well
  1  the answer is no: it does not verify, the runs differ, the run failed
  2  wrong usage
  3  out of reach: no server, no worker, no namespace, no store, or no right to it
  4  not found: no such run, file or program
  5  refused: the run, or its program's schema, does not take that
  6  damaged: a file, a stored log or a history is not what it should be`;
