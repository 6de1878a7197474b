/** What the mirror's process makes of its command line: pure, without a server. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMirrorArgumentsError, MIRROR_HELP, readMirrorArguments } from '../../src/mirror-arguments';
import { withoutPassword } from '../../src/environment-store';
import { isWorkerEnvironmentError } from '../../src/worker-environment';

let directory: string;
let programs: string;

beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'mirror-arguments-')));
  programs = join(directory, 'programs.js');
  writeFileSync(programs, '');
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const read = (...args: string[]) => readMirrorArguments(args, { TEMPORAL_KERNEL_PROGRAMS: programs });

describe('given a command line', () => {
  test('when it names a store alone, then the mirror serves until it is stopped', () => {
    expect(read('--store', 'runs.db')).toMatchObject({
      command: { type: 'serve' },
      store: 'runs.db',
      verify: false,
      json: false,
      sweepIntervalMs: null,
      environment: { address: 'localhost:7233', namespace: 'default', tenant: 'default', programsPath: programs },
    });
  });

  test('when flags and variables say different things, then the flags count', () => {
    const env = {
      TEMPORAL_KERNEL_PROGRAMS: 'nowhere.js',
      TEMPORAL_KERNEL_STORE: 'theirs.db',
      TEMPORAL_ADDRESS: 'far:1',
    };
    const flags = ['--programs', programs, '--store', 'ours.db', '--address', 'near:2', '--tenant', 'acme'];
    expect(readMirrorArguments(flags, env)).toMatchObject({
      store: 'ours.db',
      environment: { address: 'near:2', tenant: 'acme', programsPath: programs },
    });
  });

  test('when it has files, then all of them count, wherever they stand', () => {
    const { command } = read('--store', 'runs.db', '--history', 'a.json', 'b', '--history', 'c.json', '--run-id', 'R')!;
    expect(command).toEqual({ type: 'files', paths: ['a.json', 'c.json', 'b'], runId: 'R' });
  });

  test('when it asks for help, then nothing else is looked at', () => {
    expect(readMirrorArguments(['--help'], {})).toBeNull();
    expect(MIRROR_HELP).toContain('--history FILE|FOLDER...');
  });
});

describe('given a command line that makes no sense', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['no store', ['--once'], /there is no store to mirror into/],
    ['a flag that is none', ['--store', 'x', '--twice'], /'--twice'/],
    ['a flag without its value', ['--store'], /--store/],
    ['files without --history', ['--store', 'x', 'a.json'], /a\.json stands alone/],
    ['--verify without an end', ['--store', 'x', '--verify'], /--verify has no end to wait for/],
    ['--once with files', ['--store', 'x', '--once', '--history', 'a.json'], /exclude each other/],
    ['--run-id without files', ['--store', 'x', '--run-id', 'R'], /--run-id is for exported histories/],
    ['an interval of none', ['--store', 'x', '--sweep-interval-ms', '0'], /--sweep-interval-ms is "0"/],
    ['an interval of words', ['--store', 'x', '--sweep-interval-ms', 'soon'], /--sweep-interval-ms is "soon"/],
  ])('when it has %s, then the error says so, and what to do', (_case, args, says) => {
    const error = errorOf(() => read(...args));
    expect(isMirrorArgumentsError(error)).toBe(true);
    expect(error.message).toMatch(says);
    expect(error.message).toContain('What to do: ');
  });

  test('when what a flag names is not there, then the error is that of its variable', () => {
    const error = errorOf(() => read('--store', 'x', '--programs', 'nowhere.js'));
    expect(isWorkerEnvironmentError(error)).toBe(true);
    expect(error.message).toContain('nowhere.js');
  });
});

test('given a database with a password, when its name is printed, then the password is not', () => {
  expect(withoutPassword('postgres://ann:s3cret@db:5432/runs')).toBe('postgres://ann:…@db:5432/runs');
  expect(withoutPassword('/data/runs.db')).toBe('/data/runs.db');
});

function errorOf(reading: () => unknown): Error {
  try {
    reading();
  } catch (error) {
    return error as Error;
  }
  throw new Error('there was no error');
}
