/**
 * The kernel's one error type.
 *
 * It carries a stable `code`: match on that, not on the class, because `instanceof` fails across the workflow sandbox.
 * Every code belongs to one of the specification's six variants (Oris kernel, `KernelError`), which give the message its
 * prefix, so that texts in a log read as the specification has them.
 */

/** The specification's error variants, each with the prefix that its messages have. */
const VARIANT_PREFIX = {
  EventStore: 'EventStore error: ',
  SnapshotStore: 'SnapshotStore error: ',
  Reducer: 'Reducer error: ',
  Policy: 'Policy error: ',
  Driver: 'Driver error: ',
  Executor: 'Executor: ',
} as const;

/** A variant of the specification's `KernelError`. */
export type KernelErrorVariant = keyof typeof VARIANT_PREFIX;

const VARIANT_OF = {
  /** A store could not do what it was asked. */
  EventStore: 'EventStore',
  /** Somebody else appended first: read the log again and decide anew. */
  HeadConflict: 'EventStore',
  /** An event that is not one of the specification's. */
  InvalidEvent: 'EventStore',
  /** The stored log is not what its hashes say. */
  LogCorrupt: 'EventStore',
  /** A seq that the run's log does not reach. */
  SeqBeyondLog: 'EventStore',
  /** A text that is no timeline. */
  InvalidTimeline: 'EventStore',
  /** Other writers held the store for longer than a call waits. Nothing was written. */
  StoreBusy: 'EventStore',
  /** The connection was lost while a write was being committed: read the head to see whether it is in. */
  OutcomeUnknown: 'EventStore',
  /** The database's schema is newer than this version of the library. */
  SchemaTooNew: 'EventStore',
  /** The database is set up so that it could lose what it acknowledged. */
  NotDurable: 'EventStore',
  /** The database's role could see other tenants' rows. */
  NotIsolated: 'EventStore',
  /** A snapshot store could not do what it was asked. */
  SnapshotStore: 'SnapshotStore',
  /** A snapshot that does not fit its log. */
  SnapshotCorrupt: 'SnapshotStore',
  /** `reduce` threw, or returned what is no state. */
  Reducer: 'Reducer',
  /** The state breaks the program's schema. */
  InvalidState: 'Reducer',
  /** The policy says no. */
  PolicyDenied: 'Policy',
  /** The run has spent its budget. */
  BudgetExceeded: 'Policy',
  /** `step` threw, or the driver was used wrongly. */
  Driver: 'Driver',
  /** `step` or `reduce` read a clock, asked for chance or started work. */
  DeterminismViolation: 'Driver',
  /** A program definition that can't be run. */
  InvalidProgram: 'Driver',
  /** No program of that name is known here. */
  UnknownProgram: 'Driver',
  /** The program is known, but not in the version that the run was made with. */
  UnknownProgramVersion: 'Driver',
  /** The program asked for a tool or provider that it does not define. */
  UnknownTool: 'Driver',
  /** The program called a tool with an input that breaks the tool's schema. */
  InvalidToolInput: 'Driver',
  InvalidRunId: 'Driver',
  /** A text that can't name a tenant. */
  InvalidTenant: 'Driver',
  /** A run that belongs to another tenant than the store. */
  WrongTenant: 'Driver',
  /** The initial state breaks the program's schema. */
  InvalidInitialState: 'Driver',
  /** What a run is started with is not what it can be. */
  InvalidRunOptions: 'Driver',
  /** What a worker is made with is not what it can be. */
  InvalidWorkerOptions: 'Driver',
  /** A value that JSON can't say. */
  NotJson: 'Driver',
  /** The program took too many steps without asking for anything from outside. */
  StepLimit: 'Driver',
  /** An answer that breaks the program's schema. */
  InvalidAnswer: 'Driver',
  /** A signal whose value breaks the program's schema. */
  InvalidSignal: 'Driver',
  /** An answer that names an interrupt which is not the pending one. */
  InterruptNotPending: 'Driver',
  /** What a program or policy asks can't be asked so. */
  InvalidAsk: 'Driver',
  /** Whoever answers may not. */
  NotAuthorized: 'Policy',
  /** Whoever answers has answered already, and others are waited for. */
  AlreadyVoted: 'Driver',
  /** An answer, pause or message of that id was taken before. */
  AlreadyTaken: 'Driver',
  /** The run is paused, or about to be. */
  AlreadyPaused: 'Driver',
  /** The run is not paused. */
  NotPaused: 'Driver',
  /** The program takes no messages. */
  NotSteerable: 'Driver',
  /** A message that breaks the program's schema. */
  InvalidSteering: 'Driver',
  /** An answer to an interrupt that has another answer already. */
  InterruptAnswered: 'Driver',
  /** No interrupt of that id is kept. */
  InterruptNotFound: 'Driver',
  /** Nobody answered an interrupt in time. */
  InterruptTimeout: 'Driver',
  /** Whoever was asked to answer an interrupt will not. */
  InterruptRejected: 'Driver',
  /** Nobody is there to answer the interrupts of that source. */
  NoInterruptHandler: 'Driver',
  /** Whoever was to answer an interrupt failed. */
  InterruptUnresolved: 'Driver',
  /** A value that is no interrupt. */
  InvalidInterrupt: 'Driver',
  /** An interrupt store could not do what it was asked. */
  InterruptStore: 'Driver',
  /** Input for a run that has ended. */
  RunFinished: 'Driver',
  /** A run id that is in use. */
  RunAlreadyStarted: 'Driver',
  /** No run of that id. */
  RunNotFound: 'Driver',
  /** The program can't go on until its code is fixed; the run's history is intact. */
  ProgramBroken: 'Driver',
  /** No worker answered: none runs, or it does not have the program. */
  WorkerUnavailable: 'Driver',
  /** More unread inputs than a run may have. */
  TooManyUnread: 'Driver',
  /** More calls than a runner may have in hand. */
  RunnerBusy: 'Driver',
  /** An event that can't follow at the fork point. */
  IllegalAlternate: 'Driver',
  /** A change of state that an execution can't make. */
  InvalidTransition: 'Driver',
  /** What can't wake a step. */
  InvalidStepInput: 'Driver',
  /** No moment that RFC 3339 can say. */
  InvalidTime: 'Driver',
  /** What a payload in history refers to can't be had now: the storage it is in does not give it. */
  PayloadUnavailable: 'Driver',
  /** The workflow's history and the program disagree. */
  HistoryMismatch: 'Driver',
  /** The log and the program disagree. */
  ReplayMismatch: 'Driver',
  /** A kernel that only replays was asked to change a run. */
  ReadOnlyMode: 'Driver',
  /** A value or a text that is no run record. */
  InvalidRunRecord: 'Driver',
  /** There is no record of that run. */
  RunRecordNotFound: 'Driver',
  /** A run record can't be written or read, or stands where another run's is. */
  RunRecordFile: 'Driver',
  /** A record of an event log that its reader can't make sense of. */
  InvalidTopicRecord: 'Driver',
  /** A text that is no address of an artifact. */
  InvalidAddress: 'Executor',
  /** No artifact of that address is kept here. */
  ArtifactMissing: 'Executor',
  /** What is kept under an address is not what the address says. */
  ArtifactChanged: 'Executor',
  /** More bytes than an artifact may have. */
  ArtifactTooLarge: 'Executor',
  /** An artifact that should be a part of a conversation and is none, or a conversation that can't be had. */
  InvalidTranscript: 'Executor',
  /** A store of artifacts could not do what it was asked. */
  ArtifactStore: 'Executor',
  /** An action's executor failed. */
  Executor: 'Executor',
} as const satisfies Record<string, KernelErrorVariant>;

/** Says what went wrong, for programs to match on. */
export type KernelErrorCode = keyof typeof VARIANT_OF;

/** An error of the kernel. Its message starts with the variant's prefix, as in the specification. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  readonly code: KernelErrorCode;
  /** The seq of the entry that is wrong, where the error is about one. */
  readonly seq: number | null;

  constructor(code: KernelErrorCode, message: string, options?: { readonly cause?: unknown; readonly seq?: number }) {
    super(VARIANT_PREFIX[VARIANT_OF[code]] + message, options);
    this.code = code;
    this.seq = options?.seq ?? null;
  }

  /** The specification's variant that the code belongs to. */
  get variant(): KernelErrorVariant {
    return VARIANT_OF[this.code];
  }
}

/** Whether a thrown value is a kernel error (of the given code): by name and code, so also across realms. */
export function isKernelError(error: unknown, code?: KernelErrorCode): error is KernelError {
  return (
    typeof error === 'object' &&
    error !== null &&
    'name' in error &&
    error.name === 'KernelError' &&
    'code' in error &&
    (code === undefined || error.code === code)
  );
}

/** The text of a thrown value, whatever it is. */
export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') {
    return error.message;
  }
  return String(error);
}
