/**
 * The scenario language: what a run is made of, and what the reference kernel did with it.
 *
 * A scenario is data, so that the same one can be played on any shell. Its words are the reference interpreter's.
 */
import type { Json } from '../../src/kernel/json';
import type { KernelMode } from '../../src/kernel/kernel-mode';
import type { WireEvent } from '../../src/kernel/event-wire';

/** Says how a run is made and what happens to it. */
export interface Setup {
  readonly run_id: string;
  readonly initial_state: Json;
  /** What the reference keeps as a state. Default: any JSON. */
  readonly state_type?: 'json' | 'u32' | 'struct';
  readonly reducer?: 'StateUpdatedOnly' | 'Fold';
  readonly mode?: KernelMode;
  readonly snapshots?: boolean;
  readonly effect_sink?: boolean;
  /** The reference dumped hashes only. */
  readonly big?: boolean;
  readonly policy?: PolicySetup;
  readonly step?: StepSetup;
  readonly actions?: ActionsSetup;
  readonly preload?: {
    readonly events?: readonly WireEvent[];
    readonly snapshot?: { readonly at_seq: number; readonly state: Json } | null;
  };
  readonly hash_from?: { readonly from: number; readonly initial_state: Json };
  readonly phases: readonly Phase[];
}

/** One thing that happens: a kernel runs or resumes the run, or somebody appends to its log. */
export interface Phase {
  readonly op: 'run' | 'resume' | 'append';
  readonly kernel?: 'same' | 'new';
  readonly run_id?: string;
  readonly initial_state?: Json;
  readonly policy?: PolicySetup;
  readonly step?: StepSetup;
  readonly actions?: ActionsSetup;
  readonly faults?: Faults;
  readonly signal?: { readonly Resume: Json } | { readonly Signal: { readonly name: string; readonly value: Json } };
  readonly events?: readonly WireEvent[];
}

/** What fails, by the number of the call on one kernel's stores, from 1. */
export interface Faults {
  readonly append_error_on_call?: number;
  readonly crash_after_append_call?: number;
  readonly snapshot_save_error_on_call?: number;
  readonly crash_before_snapshot_save_call?: number;
  /** Somebody else appends after the n-th time that the reference asks for the head. */
  readonly other_writer_after_head_call?: { readonly call: number; readonly append: readonly WireEvent[] };
}

export type PolicySetup =
  | { readonly type: 'AllowAll' }
  | { readonly type: 'Budget'; readonly max_tool_calls: number }
  | { readonly type: 'AllowList'; readonly tools?: readonly string[]; readonly providers?: readonly string[] }
  | {
      readonly type: 'RetryWithBackoff';
      readonly inner: PolicySetup;
      readonly max_retries: number;
      readonly backoff_base_ms: number;
      readonly backoff_cap_ms?: number | null;
      readonly jitter_ratio?: number;
    };

/** Steps by number (`script`, then `then`), or by what the state says (`rules`; the first that matches). */
export interface StepSetup {
  readonly script?: readonly Repeatable<Decision>[];
  readonly then?: Decision;
  readonly rules?: readonly Rule[];
  readonly max_calls?: number;
}

/** A rule looks at a place of the state; without one it always matches. */
export interface Rule {
  readonly at?: string;
  readonly eq?: Json;
  readonly lt?: number;
  readonly exists?: boolean;
  readonly then: Decision;
}

export type Decision =
  | 'Complete'
  | { readonly Emit: readonly WireEvent[] }
  | { readonly Do: Json }
  | { readonly Interrupt: Json }
  | { readonly Err: ScriptedError }
  | { readonly EmitAdd: { readonly key: string; readonly by?: number; readonly step_id?: string | null } }
  | { readonly EmitSet: { readonly key: string; readonly value: Json; readonly step_id?: string | null } };

export type ActionsSetup = readonly Repeatable<ScriptedResult>[] | { readonly always: ScriptedResult };

export type ScriptedResult =
  | { readonly Success: Json }
  | { readonly Counter: true }
  | { readonly Failure: string }
  | { readonly Err: ScriptedError }
  | { readonly Crash: string };

export type ScriptedError =
  | {
      readonly Executor: {
        readonly kind: 'Transient' | 'Permanent' | 'RateLimited';
        readonly message: string;
        readonly retry_after_ms: number | null;
      };
    }
  | { readonly Driver: string };

/** `repeat` expands in place. */
export type Repeatable<T> = T | { readonly repeat: number; readonly of: readonly Repeatable<T>[] };

/** A list with its repetitions written out. */
export function expand<T>(list: readonly Repeatable<T>[]): readonly T[] {
  return list.flatMap((item) => {
    if (typeof item !== 'object' || item === null || !('repeat' in item)) return [item];
    const inner = expand(item.of);
    return Array.from({ length: item.repeat }, () => inner).flat();
  });
}

/** What a phase came to, in the words of the reference. */
export interface PhaseReport {
  readonly phase: number;
  readonly op: Phase['op'];
  readonly run_id?: string;
  readonly head_before?: number;
  readonly head_after?: number;
  readonly result: Json;
}

/** What is said of a run: all of it can be read from its log. A hash that cannot be had is an error in words. */
export interface RunReport {
  readonly event_log_text: readonly string[];
  readonly event_log_text_sha256: string;
  readonly head: number;
  readonly execution_trace_text: readonly string[];
  readonly execution_trace_text_sha256: string;
  readonly timeline_text: string;
  readonly initial_state_hash: string;
  readonly state_hashes: Json;
  /** The hash of the replayed state. */
  readonly replay: Json;
  /** The hash of the state that is replayed from the latest snapshot. */
  readonly replay_from_snapshot: Json;
  /** The hashes from another seq or initial state on, where the scenario asks for them. */
  readonly state_hashes_from: Json;
  readonly snapshot_latest: Json;
  readonly event_stream_hash: string;
  readonly tool_checksum: string;
  readonly verify_interrupt_consistency: Json;
}

/** One thing that a kernel did to its outside, with the phase that the kernel was made in. */
export interface Deed {
  readonly phase: number;
  readonly run_id: string;
  readonly [detail: string]: Json;
}

/** What a kernel did to its outside. */
export interface Deeds {
  readonly snapshots: readonly Deed[];
  readonly effects: readonly Deed[];
  readonly executor_calls: readonly Deed[];
}

/** What is said of a scenario. */
export interface ScenarioReport extends RunReport, Deeds {
  readonly run_statuses: readonly PhaseReport[];
  readonly other_runs: Readonly<Record<string, Partial<RunReport>>>;
}

/** The run of a phase. */
export function runIdOf(setup: Setup, phase: Phase): string {
  return phase.run_id ?? setup.run_id;
}
