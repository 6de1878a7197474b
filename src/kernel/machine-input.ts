/** What a machine is told from outside, and what it hands out: inputs, refusals, entries and checkpoints. */
import type { ActionResult } from './action';
import type { Spent } from './budget';
import type { KernelErrorCode } from './error';
import type { SequencedEvent } from './event';
import type { ActionId, InterruptId, RunId, Seq } from './identity';
import type { Json } from './json';
import type { Waiting } from './waiting';

/** What a machine is told. */
export type Input =
  | { readonly type: 'resume'; readonly value: unknown; readonly interruptId?: InterruptId | undefined }
  | { readonly type: 'signal'; readonly name: string; readonly value: unknown }
  | { readonly type: 'result'; readonly actionId: ActionId; readonly result: ActionResult }
  | { readonly type: 'cancel' };

/** Why an input is refused. A refused input changes nothing and is never in the log. */
export interface Refusal {
  readonly code: KernelErrorCode;
  readonly reason: string;
}

/** An event, and the state after it. */
export interface Entry extends SequencedEvent {
  readonly state: Json;
}

/** All that a machine is, as JSON: another one made from it goes on as if nothing happened. */
export interface Checkpoint {
  readonly runId: RunId;
  readonly head: Seq;
  readonly state: Json;
  readonly waiting: Waiting;
  /** Resumes that wait for the next boundary, in order of arrival. */
  readonly inbox: readonly Json[];
  /** Early signals that wait for a `WaitSignal` of their name, in order of arrival. */
  readonly signals: readonly { readonly name: string; readonly value: Json }[];
  readonly cancelling: boolean;
  /** What the run has spent of its budget. */
  readonly spent: Spent;
}
