/** What a machine is told from outside, and what it hands out: inputs, refusals, entries and checkpoints. */
import type { ActionResult } from './action';
import type { Spent } from './budget';
import type { KernelErrorCode } from './error';
import type { SequencedEvent } from './event';
import type { ActionId, InterruptId, RunId, Seq } from './identity';
import type { Json } from './json';
import type { Waiting } from './waiting';

/** Who says something, as far as whoever delivers it vouches for it. */
export interface Speaker {
  /** Default: nobody says. */
  readonly by?: string | null | undefined;
  /** What those who answer are, where an ask is for people with a role. */
  readonly roles?: readonly string[] | undefined;
  /** Names what is said, so that it counts once however often it is delivered. */
  readonly id?: string | undefined;
}

/** What a machine is told. */
export type Input =
  | ({
      readonly type: 'resume';
      readonly value: unknown;
      readonly interruptId?: InterruptId | undefined;
    } & Speaker)
  | { readonly type: 'signal'; readonly name: string; readonly value: unknown }
  | {
      readonly type: 'result';
      readonly actionId: ActionId;
      readonly result: ActionResult;
      /** Another result of the same stretch follows: what is unread, a pause and a cancel wait for the last one. */
      readonly more?: boolean;
    }
  /** The moment has come that `alarm` spoke of. */
  | { readonly type: 'elapsed'; readonly interruptId: InterruptId; readonly stage: number }
  /** Stop at the next boundary, until `unpause`. */
  | ({ readonly type: 'pause'; readonly reason?: string | null | undefined } & Speaker)
  | ({ readonly type: 'unpause' } & Speaker)
  /** A message for the program, at the next boundary. */
  | ({ readonly type: 'steer'; readonly message: unknown } & Speaker)
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
  /** Who started the run, where that is known. */
  readonly starter?: string;
  /** A pause that waits for the next boundary. */
  readonly pausing?: PauseRequest;
  /** Results of actions whose companions have none yet. */
  readonly collected?: readonly Collected[];
  /** Ids of what people said and the run took, the last ones, in order of arrival. */
  readonly taken?: readonly string[];
}

/** A pause, as it was asked for. */
export interface PauseRequest {
  readonly by: string | null;
  readonly reason: string | null;
}

/** The result of one of several actions. */
export interface Collected {
  readonly actionId: ActionId;
  readonly result: ActionResult;
}
