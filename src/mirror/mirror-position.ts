/**
 * Where a mirror stands: all that the fold needs to go on, as JSON. It is stored with the entries, in the same transaction.
 */
import type { ActionId, InterruptId, Checkpoint, Hash, Json, Origin } from '../kernel';

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
  /** What runs, and the history events that began it, in the order of their asking. */
  readonly scheduled: readonly Scheduled[];
  /** The timer of the pending ask; null where it has none. */
  readonly alarm: ScheduledAlarm | null;
  /** Where the checkpoint's collected results came from. */
  readonly collectedOrigins: readonly { readonly actionId: ActionId; readonly origin: Origin }[];
  /** Where the pause came from that waits for a boundary. */
  readonly pauseOrigin: Origin | null;
  /** How the run's chain ended; null while it goes on. */
  readonly closed: ClosedAs | null;
  /** The execution that goes on where this one continued as new. */
  readonly nextExecutionId: string | null;
}

/** An action that runs, and the history event that began it. */
export interface Scheduled {
  readonly eventId: number;
  readonly actionId: ActionId;
  /** It is a burst, which the action begins. */
  readonly burst?: true;
}

/** The timer for what happens to an ask by itself, and the history event that began it. */
export interface ScheduledAlarm {
  readonly eventId: number;
  readonly interruptId: InterruptId;
  readonly stage: number;
}

/** How a run's chain ended. */
export type ClosedAs = 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timedOut';

/** A position as a store keeps it. */
export function positionToJson(position: MirrorPosition): Json {
  return position as unknown as Json;
}

/** A position as a store kept it. (Earlier versions knew of one action at a time, and of no asks.) */
export function positionFromJson(json: Json): MirrorPosition | null {
  if (json === null) return null;
  const position = json as unknown as MirrorPosition;
  const scheduled = position.scheduled as MirrorPosition['scheduled'] | Scheduled | null;
  return {
    ...position,
    scheduled: scheduled === null ? [] : 'eventId' in scheduled ? [scheduled] : scheduled,
    alarm: (position as Partial<MirrorPosition>).alarm ?? null,
    collectedOrigins: (position as Partial<MirrorPosition>).collectedOrigins ?? [],
    pauseOrigin: (position as Partial<MirrorPosition>).pauseOrigin ?? null,
  };
}
