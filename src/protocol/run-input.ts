/** What a run's workflow takes, returns and answers: the payloads that stand in history, and in queries. */
import {
  DEFAULT_TENANT,
  type Checkpoint,
  type Hash,
  type InterruptId,
  type Json,
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
  /** Whose run it is. Default: `default`. */
  readonly tenant?: TenantId;
  /** What an earlier execution of the run hands over. Never set by users. */
  readonly carried?: Carried;
}

/** What a child run is started with: it is of its parent's tenant. */
export function childArguments(input: Json, { tenant }: RunOptions): readonly Json[] {
  return tenant === undefined || tenant === DEFAULT_TENANT ? [input] : [input, { tenant }];
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
 * The memo of a run that is blocked: how far its log is and the hash that it stands at. So the server vouches for a log that has no
 * result yet.
 */
export interface BlockedAt {
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
}

/** What the update `answer` returns. */
export interface AnswerReceipt {
  /** The seq of the `Resumed` event. */
  readonly seq: Seq;
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
