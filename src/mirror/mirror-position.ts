/**
 * Where a mirror stands: all that the fold needs to go on, as JSON. It is stored with the entries, in the same transaction.
 */
import type { ActionId, Checkpoint, Hash, Json, Origin } from '../kernel';

/** Where a fold stands in the histories of a run's chain. */
export interface MirrorPosition {
  readonly executionId: string;
  /** The last event of the execution's history that was folded. */
  readonly lastEventId: number;
  readonly checkpoint: Checkpoint;
  /** The hash that the chain stands at. */
  readonly hash: Hash;
  /** The seal that the origins' chain stands at. */
  readonly seal: Hash;
  /** Where the checkpoint's unread resumes came from, in the same order. */
  readonly inboxOrigins: readonly Origin[];
  /** Where the checkpoint's unread signals came from, in the same order. */
  readonly signalOrigins: readonly Origin[];
  /** The history event that scheduled the running action. */
  readonly scheduled: { readonly eventId: number; readonly actionId: ActionId } | null;
  /** How the run's chain ended; null while it goes on. */
  readonly closed: ClosedAs | null;
  /** The execution that goes on where this one continued as new. */
  readonly nextExecutionId: string | null;
}

/** How a run's chain ended. */
export type ClosedAs = 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timedOut';

/** A position as a store keeps it. */
export function positionToJson(position: MirrorPosition): Json {
  return position as unknown as Json;
}

/** A position as a store kept it. */
export function positionFromJson(json: Json): MirrorPosition | null {
  return json as unknown as MirrorPosition | null;
}
