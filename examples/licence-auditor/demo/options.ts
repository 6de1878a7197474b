/** The demo's command line. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../../src/kernel';
import { isPostgresUrl } from '../../../src/stores';

export interface DemoOptions {
  /** The project that is audited. */
  readonly project: string;
  /** Where the report, the run's record, the mirrored log and the worker's own log go. */
  readonly directory: string;
  /** Where the mirrored log is kept: a file, or the URL of a PostgreSQL database. */
  readonly store: string;
  /** Answers every question; null to ask at the terminal. */
  readonly answer: 'allow' | 'deny' | null;
  readonly flaky: number;
  readonly kill: boolean;
  readonly keep: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** A command line that makes no sense; the message says what to change. Match on `code`. */
export class DemoUsageError extends Error {
  override readonly name = 'DemoUsageError';
  readonly code = 'DemoUsage';
}

export function isDemoUsage(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'DemoUsage';
}

export const DEMO_HELP = `Audits the licences of a project's dependencies, as a run on a real Temporal server.

npm run demo -- [options]
  --answer allow|deny  answers every question; without it you are asked, or "deny" is answered where there is no terminal
  --flaky SHARE        this share of the tools' attempts fails on purpose, 0 to 1; default 0
  --kill               kills the worker process half-way (SIGKILL), starts another, and compares with an undisturbed run
  --keep               keeps the server up afterwards, for a look at the Web UI, until Ctrl-C
  --report DIR         where the report goes, and the run's record, in records/; default .demo
  --store FILE|URL     where the mirrored log is kept: an SQLite file, or postgres://user:password@host/database;
                       default runs.sqlite beside the report
  --project DIR        the project to audit; default this one
  --json               the result as JSON on stdout, all else on stderr
  --help
`;

const THIS_PROJECT = resolve(__dirname, '../../..');

/** @throws DemoUsageError */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const values = parse(args);
  const project = resolve(values.project ?? THIS_PROJECT);
  if (!existsSync(join(project, 'package-lock.json'))) {
    throw new DemoUsageError(`--project ${project}: there is no package-lock.json`);
  }
  const directory = resolve(values.report ?? '.demo');
  return {
    project,
    directory,
    store: storeIn(values.store, directory),
    answer: answerIn(values.answer),
    flaky: shareIn(values.flaky ?? '0'),
    kill: values.kill === true,
    keep: values.keep === true,
    json: values.json === true,
    help: values.help === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        answer: { type: 'string' },
        flaky: { type: 'string' },
        report: { type: 'string' },
        project: { type: 'string' },
        store: { type: 'string' },
        kill: { type: 'boolean' },
        keep: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new DemoUsageError(messageOf(error), { cause: error });
  }
}

function storeIn(text: string | undefined, directory: string): string {
  if (text === '')
    throw new DemoUsageError('--store needs a file, or a URL like postgres://user:password@host/database');
  if (text === undefined) return join(directory, 'runs.sqlite');
  return isPostgresUrl(text) ? text : resolve(text);
}

function answerIn(text: string | undefined): DemoOptions['answer'] {
  if (text === undefined || text === 'allow' || text === 'deny') return text ?? null;
  throw new DemoUsageError(`--answer ${text}: it is allow or deny`);
}

function shareIn(text: string): number {
  const share = Number(text);
  if (text.trim() !== '' && share >= 0 && share <= 1) return share;
  throw new DemoUsageError(`--flaky ${text}: it is a number from 0 to 1, like 0.2`);
}
