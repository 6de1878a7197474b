/** Where a machine stands, between two inputs: its checkpoint with nothing left out. */
import type { Spent } from './budget';
import type { RunId, Seq } from './identity';
import { sealJson, type Json } from './json';
import type { Checkpoint, Collected, PauseRequest } from './machine-input';
import type { Waiting } from './waiting';

export interface Standing {
  readonly runId: RunId;
  readonly head: Seq;
  readonly state: Json;
  readonly waiting: Waiting;
  readonly inbox: Checkpoint['inbox'];
  readonly signals: Checkpoint['signals'];
  readonly cancelling: boolean;
  readonly spent: Spent;
  readonly starter: string | null;
  readonly pausing: PauseRequest | null;
  readonly collected: readonly Collected[];
  readonly taken: readonly string[];
}

/** What a checkpoint leaves out is as it is in a new run. */
export function standingOf(checkpoint: Checkpoint): Standing {
  return {
    starter: null,
    pausing: null,
    collected: [],
    taken: [],
    ...checkpoint,
    state: sealJson(checkpoint.state),
  };
}

/** The checkpoint: it is carried in histories, so it has what came later only where it says something. */
export function checkpointOf({ starter, pausing, collected, taken, ...standing }: Standing): Checkpoint {
  return {
    ...standing,
    ...(starter === null ? {} : { starter }),
    ...(pausing === null ? {} : { pausing }),
    ...(collected.length === 0 ? {} : { collected }),
    ...(taken.length === 0 ? {} : { taken }),
  };
}
