/** What an error means at the terminal: the exit code, the text, and what to do next. */
import { isKernelError, messageOf, type KernelError, type KernelErrorCode } from '../kernel';
import { flagOf, isMirrorArgumentsError } from '../mirror-arguments';
import { isWorkerEnvironmentError, type WorkerEnvironmentError } from '../worker-environment';
import { EXIT, type ExitCode } from './exit-code';

/** A failure whose text says all that a person needs. Match on `code`, not on the class. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  readonly code = 'TerminalError';

  constructor(
    readonly exitCode: ExitCode,
    wrong: string,
    /** What to do, as a sentence. */
    readonly advice: string | null = null,
    options?: ErrorOptions,
  ) {
    super(wrong, options);
  }
}

export function isTerminalError(error: unknown): error is TerminalError {
  return codeOf(error) === 'TerminalError';
}

/** An error as it is told. */
export interface Failure {
  readonly exitCode: ExitCode;
  /** A stable word for programs. */
  readonly code: string;
  readonly message: string;
  readonly advice: string | null;
}

/** What an error means, whatever it is. */
export function failureOf(error: unknown): Failure {
  if (isTerminalError(error)) {
    const { exitCode, message, advice } = error;
    return { exitCode, code: nameOf(exitCode), message, advice };
  }
  if (isWorkerEnvironmentError(error)) return environmentFailure(error);
  if (isMirrorArgumentsError(error)) return { exitCode: EXIT.usage, code: 'usage', ...split(error.message) };
  if (isKernelError(error)) return kernelFailure(error);
  const grpc = grpcCodeOf(error);
  if (grpc !== null) return serverFailure(grpc, messageOf(error));
  const stack = error instanceof Error ? error.stack : undefined;
  const advice = 'this is a fault of temporal-kernel: please report it with the text above.';
  return { exitCode: EXIT.fault, code: 'fault', message: stack ?? messageOf(error), advice };
}

/** Variables whose meaning lies outside of this process: with a cause, it is that which is wrong. */
const OUTSIDE: ReadonlySet<string> = new Set([
  'TEMPORAL_ADDRESS',
  'TEMPORAL_API_KEY',
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_KERNEL_STORE',
]);

function environmentFailure(error: WorkerEnvironmentError): Failure {
  const flag = flagOf(error);
  const { message, advice } = split(error.message);
  const exitCode = error.cause !== undefined && OUTSIDE.has(error.variable) ? EXIT.unreachable : EXIT.usage;
  return { exitCode, code: nameOf(exitCode), message: flag === null ? message : `${flag}: ${message}`, advice };
}

/** Our own errors end with what to do. */
function split(text: string): Pick<Failure, 'message' | 'advice'> {
  const [message = text, advice = null] = text.split('\nWhat to do: ');
  return { message, advice };
}

function kernelFailure({ code, message }: KernelError): Failure {
  const [exitCode, advice] = MEANING[code] ?? [EXIT.no, null];
  return { exitCode, code, message, advice };
}

/** What the kernel's codes mean here. What is not named is an answer: no. */
const MEANING: Readonly<Partial<Record<KernelErrorCode, readonly [ExitCode, string | null]>>> = {
  RunNotFound: [EXIT.notFound, '`temporal-kernel runs` lists the runs of a namespace.'],
  UnknownProgram: [EXIT.notFound, 'name the module that exports it with --programs; `temporal-kernel programs` lists.'],
  UnknownProgramVersion: [EXIT.notFound, 'export that version from the module that --programs names, too.'],
  SeqBeyondLog: [EXIT.notFound, '`temporal-kernel show RUN` says how long the log is.'],
  InterruptNotFound: [EXIT.notFound, '`temporal-kernel pending` lists what is asked.'],
  InterruptNotPending: [EXIT.refused, '`temporal-kernel show RUN` says what the run waits for.'],
  InvalidAnswer: [EXIT.refused, '`temporal-kernel show RUN` shows the question; nothing was sent to the run.'],
  InvalidSignal: [EXIT.refused, null],
  NotAuthorized: [
    EXIT.refused,
    '`temporal-kernel show RUN` says who may answer; say who you are with --by and --role.',
  ],
  AlreadyVoted: [EXIT.refused, '`temporal-kernel show RUN` says whose answers are waited for.'],
  AlreadyTaken: [EXIT.refused, 'give another --id for something else.'],
  AlreadyPaused: [EXIT.refused, '`temporal-kernel resume RUN` lets it go on.'],
  NotPaused: [EXIT.refused, '`temporal-kernel show RUN` says what the run waits for.'],
  NotSteerable: [EXIT.refused, 'let the program define `steering`.'],
  InvalidSteering: [EXIT.refused, 'mend the message; nothing was sent to the run.'],
  IllegalAlternate: [
    EXIT.refused,
    '`temporal-kernel events RUN` shows what came after each entry; nothing was started.',
  ],
  InvalidRunOptions: [EXIT.usage, null],
  InvalidInitialState: [EXIT.refused, 'mend the state; nothing was started.'],
  InvalidRunId: [EXIT.refused, 'choose another run id.'],
  RunFinished: [EXIT.refused, '`temporal-kernel show RUN` says how it ended.'],
  RunAlreadyStarted: [EXIT.refused, 'give the new run another id, or none.'],
  TooManyUnread: [EXIT.refused, 'wait until the run has read what it was sent.'],
  WrongTenant: [EXIT.unreachable, 'give that tenant with --tenant.'],
  InvalidTenant: [EXIT.usage, null],
  WorkerUnavailable: [EXIT.unreachable, 'start a worker (`npm run worker`), then `temporal-kernel doctor`.'],
  StoreBusy: [EXIT.unreachable, 'try again.'],
  OutcomeUnknown: [EXIT.unreachable, 'read the run again: the write may be in.'],
  PayloadUnavailable: [EXIT.unreachable, 'see that the external storage can be reached.'],
  NotIsolated: [EXIT.unreachable, null],
  NotDurable: [EXIT.unreachable, null],
  SchemaTooNew: [EXIT.unreachable, 'use the version of temporal-kernel that made the store, or a newer one.'],
  RunRecordFile: [EXIT.unreachable, 'give another file with --out.'],
  InvalidRunRecord: [EXIT.damaged, 'give another file with --out.'],
  EventStore: [EXIT.damaged, null],
  SnapshotStore: [EXIT.damaged, null],
  LogCorrupt: [EXIT.damaged, '`temporal-kernel verify` names the first entry that is wrong.'],
  SnapshotCorrupt: [EXIT.damaged, '`temporal-kernel verify` names the first entry that is wrong.'],
  HistoryMismatch: [EXIT.damaged, 'give the programs that made the run (--programs), or the history unchanged.'],
};

/** gRPC's codes that servers answer with, in words. */
function serverFailure(grpc: number, text: string): Failure {
  switch (grpc) {
    case 5:
      return {
        exitCode: EXIT.notFound,
        code: 'notFound',
        message: `the server has no such thing: ${text}`,
        advice: null,
      };
    case 7:
    case 16: {
      const advice = 'give an --api-key, certificates (TEMPORAL_TLS_…) or a namespace that you may use.';
      return { exitCode: EXIT.unreachable, code: 'unreachable', message: `the server refuses: ${text}`, advice };
    }
    default: {
      const advice = 'see that the server works: `temporal-kernel doctor`.';
      return { exitCode: EXIT.unreachable, code: 'unreachable', message: `the server does not do it: ${text}`, advice };
    }
  }
}

/** gRPC's number in an error of the client, or in one that it wraps. */
function grpcCodeOf(error: unknown): number | null {
  for (let at: unknown = error, depth = 0; typeof at === 'object' && at !== null && depth < 4; depth += 1) {
    if ('code' in at && typeof at.code === 'number' && 'details' in at) return at.code;
    at = 'cause' in at ? at.cause : null;
  }
  return null;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function nameOf(exitCode: ExitCode): string {
  return Object.entries(EXIT).find(([, value]) => value === exitCode)?.[0] ?? 'fault';
}
