/** A burst's payloads: what the activity is given, what it keeps while it is under way, and what it gives back. */
import {
  failureTextOf,
  isPlainObject,
  type ActionId,
  type ActionResult,
  type Checkpoint,
  type Collected,
  type Stretch,
} from '../kernel';

/** The argument of a burst. */
export interface BurstInput {
  /** The version of the program that the run was made with. */
  readonly version: number;
  /** Where the run stands: it waits for a short call. */
  readonly checkpoint: Checkpoint;
}

/** The result of a burst: what was done, and nothing that follows from it. */
export interface BurstOutcome extends Stretch {
  /** The next action, where it is to be an activity of its own; always there when nothing was done. */
  readonly alone?: Alone;
}

/** An action that a burst leaves to an activity of its own. */
export interface Alone {
  readonly actionId: ActionId;
  readonly tried?: Tried;
}

/** How an action was tried in a burst. The activity that goes on with it has this as its second argument. */
export interface Tried {
  /** Attempts that were made. */
  readonly attempts: number;
  /** How the last one failed, and how long the policy wants to wait before the next. None: it was lost, with its worker. */
  readonly failed?: { readonly error: string; readonly retryAfterMs: number };
}

/** The heartbeat details of a burst: what was done and is never done again. */
export interface BurstJournal extends Stretch {
  /** The attempt of the burst that wrote it. */
  readonly attempt: number;
}

/** Reads what a burst gave. What no burst gives, as somebody else can complete an activity, is a failure of its first action. */
export function readBurst(given: unknown): BurstOutcome | ActionResult {
  return readOutcome(given) ?? { type: 'failure', error: failureTextOf(new Error('the burst was ended from outside')) };
}

function readOutcome(value: unknown): BurstOutcome | null {
  if (!isStretch(value)) return null;
  const { ran, results, asked } = value;
  const alone = Object.hasOwn(value, 'alone') ? (value as BurstOutcome).alone : undefined;
  if (alone === undefined) return results.length === 0 ? null : { ran, results, asked };
  return isPlainObject(alone) && typeof alone.actionId === 'string' ? { ran, results, asked, alone } : null;
}

/** Reads a journal; null when there is none. */
export function readBurstJournal(value: unknown): BurstJournal | null {
  return isStretch(value) && Number.isSafeInteger((value as BurstJournal).attempt) ? (value as BurstJournal) : null;
}

/** Reads the second argument of a short tool's activity; null when the action was not tried in a burst. */
export function readTried(value: unknown): Tried | null {
  return isPlainObject(value) && Number.isSafeInteger(value['attempts']) ? (value as unknown as Tried) : null;
}

function isStretch(value: unknown): value is Stretch {
  if (!isPlainObject(value)) return false;
  const { ran, results, asked } = value;
  if (!isPlainObject(ran) || !Array.isArray(results) || typeof asked !== 'string') return false;
  return Object.values(ran).every(Number.isSafeInteger) && results.every(isCollected);
}

function isCollected(value: unknown): value is Collected {
  if (!isPlainObject(value) || typeof value['actionId'] !== 'string' || !isPlainObject(value['result'])) return false;
  const { type, error } = value['result'];
  return type === 'failure'
    ? typeof error === 'string'
    : type === 'success' && Object.hasOwn(value['result'], 'output');
}
