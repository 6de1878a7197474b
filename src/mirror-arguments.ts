/**
 * What the command line tells the mirror's process (`mirror-main.ts`). What a flag does not say, the environment says, as for a
 * worker.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { messageOf } from './kernel';
import {
  readWorkerEnvironment,
  WorkerEnvironmentError,
  type WorkerEnvironment,
  type WorkerVariable,
} from './worker-environment';

/** What the mirror's process is to do. */
export interface MirrorArguments {
  readonly command: MirrorCommand;
  readonly environment: WorkerEnvironment;
  readonly store: string;
  readonly verify: boolean;
  readonly json: boolean;
  readonly sweepIntervalMs: number | null;
}

/** One of the mirror's ways of working. */
export type MirrorCommand =
  | { readonly type: 'serve' }
  | { readonly type: 'once' }
  | { readonly type: 'files'; readonly paths: readonly string[]; readonly runId: string | null };

/** Arguments that make no sense. Match on `code`, not on the class. */
export class MirrorArgumentsError extends Error {
  override readonly name = 'MirrorArgumentsError';
  readonly code = 'InvalidMirrorArguments';

  constructor(wrong: string, advice: string, options?: ErrorOptions) {
    super(`${wrong}\nWhat to do: ${advice}`, options);
  }
}

export function isMirrorArgumentsError(error: unknown): error is MirrorArgumentsError {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'InvalidMirrorArguments';
}

/** Flags that say what a variable says otherwise. */
const VARIABLE_OF_FLAG = {
  store: 'TEMPORAL_KERNEL_STORE',
  programs: 'TEMPORAL_KERNEL_PROGRAMS',
  workflows: 'TEMPORAL_KERNEL_WORKFLOWS',
  address: 'TEMPORAL_ADDRESS',
  'api-key': 'TEMPORAL_API_KEY',
  'task-queue': 'TEMPORAL_TASK_QUEUE',
  namespace: 'TEMPORAL_NAMESPACE',
  tenant: 'TEMPORAL_KERNEL_TENANT',
  'data-converter': 'TEMPORAL_KERNEL_DATA_CONVERTER',
  metrics: 'TEMPORAL_KERNEL_METRICS',
} as const satisfies Readonly<Record<string, WorkerVariable>>;

const FLAGS = {
  store: { type: 'string' },
  programs: { type: 'string' },
  workflows: { type: 'string' },
  address: { type: 'string' },
  'api-key': { type: 'string' },
  namespace: { type: 'string' },
  tenant: { type: 'string' },
  'data-converter': { type: 'string' },
  metrics: { type: 'string' },
  once: { type: 'boolean', default: false },
  history: { type: 'string', multiple: true },
  'run-id': { type: 'string' },
  verify: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'sweep-interval-ms': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options'];

const SWEEP_INTERVAL_MS_MAX = 86_400_000;

export const MIRROR_HELP = `The mirror: brings the logs of programs' runs into a store, from a Temporal server or from exported histories.

  mirror --store PATH|postgres://…                      keeps the store up to date until it is stopped
  mirror --store PATH --once                            one sweep through all that the server has, then ends
  mirror --store PATH --history FILE|FOLDER...          exported histories; no server is needed

  --programs FILE        the module whose exports are your programs (TEMPORAL_KERNEL_PROGRAMS)
  --address HOST:PORT    the server (TEMPORAL_ADDRESS; default localhost:7233)
  --namespace NAME       (TEMPORAL_NAMESPACE; default \`default\`)
  --api-key KEY          (TEMPORAL_API_KEY; certificates: TEMPORAL_TLS_…)
  --tenant NAME          whose runs; others' are left alone (TEMPORAL_KERNEL_TENANT; default \`default\`)
  --data-converter FILE  the module that exports \`dataConverter\`, if payloads go through a codec or external storage
                         (TEMPORAL_KERNEL_DATA_CONVERTER)
  --run-id ID            with --history: the workflow id of histories that don't say theirs
  --verify               with --once and --history: verifies every log against its history, and says what differs
  --workflows FILE       with --verify: the workflows file, to replay histories with the real code as well
                         (TEMPORAL_KERNEL_WORKFLOWS)
  --json                 one line of JSON for each run, and one for the whole
  --metrics HOST:PORT    where Prometheus can read counts and lag (TEMPORAL_KERNEL_METRICS)
  --sweep-interval-ms N  how often the server is asked what was missed; default 60000

The store may also be named by TEMPORAL_KERNEL_STORE. TEMPORAL_TLS and TEMPORAL_KERNEL_LOG_LEVEL count as for a worker.
The exit code is 0 when all is well, 1 when a run could not be mirrored or did not verify, 2 when nothing could be done at all.

  npm run mirror -- --store runs.db --programs ./refund.ts
  npm run mirror -- --store runs.db --programs ./refund.ts --once --verify
  temporal workflow show --workflow-id A-1001 --output json > histories/A-1001.json
  npm run mirror -- --store runs.db --programs ./refund.ts --history histories --verify
`;

/**
 * Reads the command line. Null when help was asked for.
 *
 * @throws MirrorArgumentsError, WorkerEnvironmentError
 */
export function readMirrorArguments(args: readonly string[], env: NodeJS.ProcessEnv): MirrorArguments | null {
  const { values, positionals } = parsed(args);
  if (values.help) return null;
  const command = commandOf(values, positionals);
  if (values.verify && command.type === 'serve') {
    throw new MirrorArgumentsError('--verify has no end to wait for', 'give --once with it, or --history.');
  }
  const environment = readWorkerEnvironment(withFlags(env, values));
  if (environment.store === null) {
    const advice = 'give --store PATH (a file; it is made if it is not there) or --store postgres://….';
    throw new MirrorArgumentsError('there is no store to mirror into', advice);
  }
  const { verify, json } = values;
  const sweepIntervalMs = countOf('--sweep-interval-ms', values['sweep-interval-ms']);
  return { command, environment, store: environment.store, verify, json, sweepIntervalMs };
}

type Flags = ReturnType<typeof parsed>['values'];

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw new MirrorArgumentsError(messageOf(error), 'see --help.', { cause: error });
  }
}

function commandOf(values: Flags, positionals: readonly string[]): MirrorCommand {
  const { history, once } = values;
  const runId = values['run-id'] ?? null;
  if (history === undefined) {
    const [stray] = positionals;
    if (stray !== undefined)
      throw new MirrorArgumentsError(`${stray} stands alone`, 'put --history in front of files.');
    if (runId !== null) throw new MirrorArgumentsError('--run-id is for exported histories', 'give --history with it.');
    return { type: once ? 'once' : 'serve' };
  }
  if (once) throw new MirrorArgumentsError('--once and --history exclude each other', 'leave one of them out.');
  return { type: 'files', paths: [...history, ...positionals], runId };
}

/** An environment in which flags count more than variables. */
export function withFlags(
  env: NodeJS.ProcessEnv,
  values: Readonly<Partial<Record<string, unknown>>>,
): NodeJS.ProcessEnv {
  const flags = Object.entries(VARIABLE_OF_FLAG).map(([flag, variable]) => {
    return [variable, values[flag] ?? env[variable]] as const;
  });
  return { ...env, ...(Object.fromEntries(flags) as NodeJS.ProcessEnv) };
}

function countOf(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text) && Number(text) > 0 && Number(text) <= SWEEP_INTERVAL_MS_MAX) return Number(text);
  throw new MirrorArgumentsError(
    `${flag} is ${JSON.stringify(text)}`,
    `give a whole number from 1 to ${SWEEP_INTERVAL_MS_MAX}.`,
  );
}

/** The flag that says what a variable says, for errors about it. */
export function flagOf({ variable }: WorkerEnvironmentError): string | null {
  const found = Object.entries(VARIABLE_OF_FLAG).find(([, name]) => name === variable);
  return found === undefined ? null : `--${found[0]}`;
}
