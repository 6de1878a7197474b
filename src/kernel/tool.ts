/**
 * Tools: what a program may call, with schemas for what goes in and what comes out.
 *
 * A tool's `run` is host code. The workflow sandbox never calls it; a worker registers it as an activity of the tool's
 * name. Without `run` the tool is any activity of that name that some worker already has.
 */
import type { Artifacts } from './artifact';
import type { DefinedProgram } from './program';
import type { Infer, Schema } from './schema';

/** What a running tool is told. */
export interface ToolContext {
  readonly runId: string;
  /** The same for every attempt of one action: use it as idempotency key towards the outside. */
  readonly actionId: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Aborted when the run is cancelled or the attempt has timed out. */
  readonly signal: AbortSignal;
  /** Where large or secret values are kept; null where the worker has no store of artifacts. */
  readonly artifacts: Artifacts | null;
  /** Tells the server that the attempt is alive, and how far it is. Sent by itself too, as often as needed. */
  heartbeat(details?: unknown): void;
}

/** A tool of a program. */
export interface Tool<I, O> {
  /** Says what the tool is for. */
  readonly description?: string;
  readonly input: Schema<I>;
  readonly output: Schema<O>;
  /** Says in a few words what a call does, for whoever looks at the run. Pure. Default: the tool's name. */
  readonly summary?: (input: I) => string;
  /** Does it. Throw `transient`, `permanent` or `rateLimited` to say how it failed. */
  readonly run?: (input: I, context: ToolContext) => O | Promise<O>;
  /** Longest time of one attempt, in milliseconds. Default `ATTEMPT_TIMEOUT_MS`; of a short tool `SHORT_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
  /** An attempt that was not heard of for so many milliseconds counts as lost. Default `HEARTBEAT_TIMEOUT_MS` with `run`. */
  readonly heartbeatTimeoutMs?: number;
  /** Longest time of all attempts together, in milliseconds. Default: none. */
  readonly totalTimeoutMs?: number;
  /** Task queue of the workers that have the activity. Default: the run's own. */
  readonly taskQueue?: string;
  /** The program that a call starts a run of, in the place of an activity. See `childRun`. */
  readonly program?: DefinedProgram;
  /**
   * A call takes milliseconds. Calls of short tools that follow on each other are done in one go, in a *burst*, where the run's worker can: with the
   * same log, but without six events of history for each. One that is `repeatable` (it reads only, or doing it again changes nothing) may be
   * done again with others of its kind when a worker is lost, though it had a result. A short tool has a `run`, and no
   * `taskQueue`, `totalTimeoutMs` or `heartbeatTimeoutMs`. Default: an activity for each call.
   */
  readonly short?: true | 'repeatable';
  /** What a worker with models gives the model of this provider with each call. See `toolLoop`. */
  readonly model?: unknown;
}

/** Any tool, whatever goes in and comes out. */
export type AnyTool = Omit<Tool<never, unknown>, 'input'> & { readonly input: Schema };

/** What a tool's attempt may take by default: five minutes. */
export const ATTEMPT_TIMEOUT_MS = 300_000;

/** What an attempt of a short tool may take by default: a second. */
export const SHORT_TIMEOUT_MS = 1_000;

/** The most that an attempt of a short tool may be given: five seconds. */
export const SHORT_TIMEOUT_MS_MAX = 5_000;

/** What an attempt of a tool may take, in milliseconds. */
export function attemptTimeoutMsOf({ timeoutMs, short }: Pick<AnyTool, 'timeoutMs' | 'short'>): number {
  return timeoutMs ?? (short === undefined ? ATTEMPT_TIMEOUT_MS : SHORT_TIMEOUT_MS);
}

/** How long a tool with a `run` may be silent by default: fifteen seconds. Its heartbeats are sent by the worker. */
export const HEARTBEAT_TIMEOUT_MS = 15_000;

/** Longest summary, in characters. */
export const SUMMARY_LENGTH_MAX = 180;

/** Defines a tool; types of `run` and `summary` follow from the schemas. */
export function tool<I extends Schema, O extends Schema>(definition: {
  readonly description?: string;
  readonly input: I;
  readonly output: O;
  readonly summary?: (input: Infer<I>) => string;
  readonly run?: (input: Infer<I>, context: ToolContext) => Infer<O> | Promise<Infer<O>>;
  readonly timeoutMs?: number;
  readonly heartbeatTimeoutMs?: number;
  readonly totalTimeoutMs?: number;
  readonly taskQueue?: string;
  readonly short?: true | 'repeatable';
}): Tool<Infer<I>, Infer<O>> {
  return definition as Tool<Infer<I>, Infer<O>>;
}
