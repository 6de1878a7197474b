/** How a client is made, and how it starts, answers and forks runs. */
import type { Client } from '@temporalio/client';
import type { DefinedProgram, InterruptId, LogStore, RunId, Seq, TenantId } from '../kernel';
import type { RunOptions } from '../protocol';
import type { ForkAlternate } from './run-fork';

/** What a client is made of. */
export interface KernelClientOptions {
  /** Temporal's client: connection, namespace and data converter are its own. */
  readonly client: Client;
  /** The programs that can be started and replayed here. */
  readonly programs: readonly DefinedProgram[];
  /** Default `temporal-kernel`. */
  readonly taskQueue?: string;
  /**
   * How long a failing workflow task may take to recover, because a fixed worker is starting, before `runUntilBlocked` says that
   * the program is broken. In milliseconds, default `BROKEN_AFTER_MS`.
   */
  readonly brokenAfterMs?: number;
  /** Whose runs these are: others' are not found, and new ones are the tenant's. Default: every run can be touched. */
  readonly tenant?: TenantId;
  /** Where a mirror keeps logs and snapshots: `replayFromSnapshot` needs it. */
  readonly store?: LogStore;
}

/** How a run is started. */
export interface StartOptions<In = unknown> extends Pick<RunOptions, 'continueAfterEvents' | 'startedBy' | 'bursts'> {
  readonly initialState: In;
  /** Default: the program's name and a random id. */
  readonly runId?: RunId;
}

/** Who says something, and under which id: what has an id counts once, however often it is said. */
export interface SpeakerOptions {
  readonly by?: string;
  readonly id?: string;
}

/** How an answer is given. */
export interface AnswerOptions extends SpeakerOptions {
  /** Default: what the run asks now. It may be a question of a run that this one has started. */
  readonly interruptId?: InterruptId;
  /** What those who answer are, where an ask is for people with a role. */
  readonly roles?: readonly string[];
}

/** How a run is forked. */
export interface ForkOptions extends Pick<RunOptions, 'continueAfterEvents' | 'startedBy' | 'bursts'> {
  /** The last seq that the fork shares with the run. */
  readonly at: Seq;
  /** What the fork has instead of what came next. Default: it just goes on. */
  readonly alternate?: ForkAlternate;
  /** The new run's id. Default: the program's name and a random id. */
  readonly runId?: RunId;
}
