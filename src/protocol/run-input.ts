/** What a run's workflow takes, returns and answers: the payloads that stand in history, and in queries. */
import {
  assertTenantId,
  DEFAULT_TENANT,
  isPlainObject,
  KernelError,
  type Ballot,
  type Checkpoint,
  type Hash,
  type InterruptId,
  type Json,
  type RunFork,
  type RunId,
  type RunStatus,
  type Seq,
  type TenantId,
  type WireEvent,
} from '../kernel';

/** The workflow's second argument (the first is the initial state). */
export interface RunOptions {
  /**
   * Continue as new when the history has more events than this. Default: when the server suggests it. (At least 20, so that
   * every execution gets somewhere.)
   */
  readonly continueAfterEvents?: number;
  /** Whether short calls are done in bursts. The log is the same. Default: they are. (A child run says so for itself.) */
  readonly bursts?: boolean;
  /** Whose run it is. Default: `default`. */
  readonly tenant?: TenantId;
  /** Who starts the run: asks with dual control need to know. */
  readonly startedBy?: string;
  /** The run that this one goes on from, in its own way. */
  readonly forkedFrom?: RunFork;
  /** What an earlier execution of the run hands over. Never set by users. */
  readonly carried?: Carried;
}

/** Longest name of who started a run, in UTF-16 units. */
export const STARTED_BY_LENGTH_MAX = 1_000;

/**
 * Checks what a run is started with beside its initial state.
 *
 * @throws KernelError `InvalidTenant`, `InvalidRunOptions`
 */
export function assertRunOptions({ tenant, startedBy, forkedFrom, bursts }: RunOptions): void {
  if (bursts !== undefined && typeof bursts !== 'boolean') {
    throw new KernelError('InvalidRunOptions', 'bursts is true or false');
  }
  if (tenant !== undefined) assertTenantId(tenant);
  const isName = (name: unknown): boolean =>
    typeof name === 'string' && name !== '' && name.length <= STARTED_BY_LENGTH_MAX && name.isWellFormed();
  if (startedBy !== undefined && !isName(startedBy)) {
    throw new KernelError('InvalidRunOptions', `startedBy must be a text of 1 to ${STARTED_BY_LENGTH_MAX} characters`);
  }
  if (forkedFrom === undefined) return;
  const { runId, seq, hash, spent } = isPlainObject(forkedFrom) ? forkedFrom : ({} as Partial<RunFork>);
  const counts = isPlainObject(spent) ? [spent['toolCalls'], spent['llmTokens'], spent['unmeteredLlmCalls'], seq] : [];
  const isWhole = counts.length > 0 && counts.every((count) => Number.isSafeInteger(count) && Number(count) >= 0);
  if (isWhole && isName(runId) && isName(hash)) return;
  throw new KernelError('InvalidRunOptions', 'forkedFrom must be { runId, seq, hash, spent }, as a fork has it');
}

/** What a child run is started with: it is of its parent's tenant, and whoever started the parent started it. */
export function childArguments(input: Json, { tenant, startedBy }: RunOptions): readonly Json[] {
  const options = {
    ...(tenant === undefined || tenant === DEFAULT_TENANT ? {} : { tenant }),
    ...(startedBy === undefined ? {} : { startedBy }),
  };
  return Object.keys(options).length === 0 ? [input] : [input, options];
}

/** What one execution hands to the next. */
export interface Carried {
  /** The version of the program that the run began with; it stays with it. */
  readonly version: number;
  readonly checkpoint: Checkpoint;
  /** The hash that the chain stands at. */
  readonly hash: Hash;
}

/**
 * A memo of a run that was blocked or heard a signal (`saysWhereItStands`): how far its log was and the hash that it stood at. So the server vouches for a log
 * that has no result yet.
 */
export interface StandsAt {
  readonly seq: Seq;
  readonly hash: Hash;
}

/** The workflow's result: what completed, and the hash that vouches for all of it. */
export interface RunOutcome {
  readonly runId: RunId;
  readonly head: Seq;
  readonly hash: Hash;
  readonly state: Json;
}

/** The first detail of the failure of a run that failed or was denied. */
export interface FailedRun {
  readonly runId: RunId;
  readonly head: Seq;
  readonly hash: Hash;
}

/** The argument of the update `answer`. */
export interface Answer {
  readonly interruptId: InterruptId;
  readonly value: Json;
  /** Who answers. Whoever may send to the run vouches for it. */
  readonly by?: string;
  /** What they are, where an ask is for people with a role. */
  readonly roles?: readonly string[];
  /** Names the answer: it counts once, however often it is given. */
  readonly id?: string;
  /** `hash`: the receipt is to vouch for the log. Then no memo does, where the run is blocked again behind the answer. */
  readonly receipt?: 'hash';
}

/** The argument of the update `control`. */
export type Control =
  | { readonly type: 'pause'; readonly by?: string; readonly reason?: string; readonly id?: string }
  | { readonly type: 'unpause'; readonly by?: string; readonly id?: string }
  | { readonly type: 'steer'; readonly message: Json; readonly by?: string; readonly id?: string };

/** What the query `pendingInterrupt` returns. */
export interface PendingInterrupt {
  readonly id: InterruptId;
  /** What is asked, as it stands in the log. */
  readonly value: Json;
  /** Of an ask: the action as it stands, edits included, and the votes so far. */
  readonly ballot?: Pick<Ballot, 'proposal' | 'votes' | 'stage'>;
  /** Of an ask: a JSON Schema of the answer, where its form can say one. */
  readonly form?: Json;
}

/** What the updates `answer` and `control` return. */
export interface AnswerReceipt {
  /** The head of the log then: the seq of the answer's event, where it is in the log at once. */
  readonly seq: Seq;
  /** The hash that the log stood at then, where the answer asked for it. */
  readonly hash?: Hash;
  /** It was taken before, and counts once. Only a client says so. */
  readonly again?: true;
}

/** What the query `status` returns. */
export interface StatusReport {
  readonly runId: RunId;
  readonly program: string;
  readonly version: number;
  readonly head: Seq;
  readonly status: RunStatus;
  /** Inputs that were refused in this execution, and the last of them. */
  readonly refused: number;
  readonly lastRefusal: { readonly code: string; readonly reason: string } | null;
  /** Runs that this one has started and waits for. */
  readonly children: readonly RunId[];
}

/** The argument of the query `log`. */
export interface LogRequest {
  /** First seq wanted. Default: the first of this execution. */
  readonly from?: Seq;
  /** Most entries wanted. Default and most: `LOG_PAGE_ENTRIES_MAX`. */
  readonly limit?: number;
}

/** What the query `log` returns. */
export interface LogPage {
  readonly runId: RunId;
  /** The first seq that this execution can tell of; earlier ones are in the executions before it. */
  readonly firstSeq: Seq;
  readonly head: Seq;
  readonly entries: readonly LogLine[];
}

/** One entry of a log, as JSON. */
export interface LogLine {
  readonly seq: Seq;
  readonly event: WireEvent;
  readonly state_hash: Hash;
  readonly hash: Hash;
}

/** Most entries of one page. */
export const LOG_PAGE_ENTRIES_MAX = 1_000;

/** A page ends before so many bytes of event text: a query's answer must fit into one message. */
export const LOG_PAGE_BYTES_MAX = 1_000_000;

/** The least that `continueAfterEvents` can be. */
export const CONTINUE_AFTER_EVENTS_MIN = 20;
