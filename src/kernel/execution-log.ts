/**
 * The canonical execution log: every event with the hash of the state after it, chained.
 *
 * Source: Oris kernel, `execution_log`. The chain is ours: the hash of an entry covers the hash of the one before, and the
 * first covers who the run is and what state it began with, so that one changed byte anywhere is found and named.
 */
import type { EventStore } from './event-store';
import { encodeEvent } from './event-wire';
import { eventActionIdOf, stepIdOf, type Event, type EventKind, type SequencedEvent } from './event';
import { hashOf, type Hash } from './hash';
import type { ActionId, RunId, Seq, StepId } from './identity';
import type { Json } from './json';
import type { Reducer } from './reducer';

/** One entry of a run's execution log. */
export interface ExecutionLog {
  /** The run. */
  readonly threadId: RunId;
  readonly stepId: StepId | null;
  readonly eventIndex: Seq;
  readonly event: Event;
  /** Hash of the state after the event; null when the log was read without a reducer. */
  readonly stateHash: Hash | null;
}

/** An entry with its link of the chain. */
export interface ChainedLog extends ExecutionLog {
  readonly stateHash: Hash;
  /** Covers this entry and, through the hash before it, all earlier ones. */
  readonly hash: Hash;
}

/** What auditors and observers see of an entry. Source: Oris kernel, `KernelTraceEvent`. */
export interface KernelTraceEvent {
  readonly runId: RunId;
  readonly seq: Seq;
  readonly stepId: StepId | null;
  readonly actionId: ActionId | null;
  readonly kind: EventKind;
}

/** The entry of a sequenced event, without hashes unless one is given. */
export function logEntryOf(
  threadId: RunId,
  { seq, event }: SequencedEvent,
  stateHash: Hash | null = null,
): ExecutionLog {
  return { threadId, stepId: stepIdOf(event), eventIndex: seq, event, stateHash };
}

/** The trace event of an entry. */
export function traceEventOf(entry: ExecutionLog): KernelTraceEvent {
  return {
    runId: entry.threadId,
    seq: entry.eventIndex,
    stepId: entry.stepId,
    actionId: eventActionIdOf(entry.event),
    kind: entry.event.type,
  };
}

/** The text of a trace event, with the specification's field names and order. */
export function traceText(trace: KernelTraceEvent): string {
  const { runId, seq, stepId, actionId, kind } = trace;
  return JSON.stringify({ run_id: runId, seq, step_id: stepId, action_id: actionId, kind });
}

/** The hash that a run's chain begins with: it covers who the run is and the state it began with. */
export function genesisHash(runId: RunId, program: string, initialState: Json): Hash {
  return hashOf({ run_id: runId, program, initial_state: initialState });
}

/** The hash of an entry: it covers the hash before it, the event, its seq and the state after it. */
export function chainHash(previousHash: Hash, { seq, event }: SequencedEvent, stateHash: Hash): Hash {
  // In canonical order: so it is printed by the engine's own printer.
  return hashOf({ event: encodeEvent(event), previous_hash: previousHash, seq, state_hash: stateHash });
}

/** The next link of a chain. */
export function chainEntry(
  threadId: RunId,
  previousHash: Hash,
  sequenced: SequencedEvent,
  stateHash: Hash,
): ChainedLog {
  const { seq, event } = sequenced;
  return {
    threadId,
    stepId: stepIdOf(event),
    eventIndex: seq,
    event,
    stateHash,
    hash: chainHash(previousHash, sequenced, stateHash),
  };
}

/** The verdict of `verifyChain`: whole, or broken at a seq, and why. */
export type ChainVerdict =
  | { readonly ok: true; readonly head: Seq; readonly hash: Hash }
  | { readonly ok: false; readonly seq: Seq; readonly reason: string };

/**
 * Checks that entries follow each other without a gap and that each hash is what it must be.
 *
 * @param previousHash the hash before the first entry (the genesis hash, for a whole log)
 * @param from the seq that the first entry must have
 */
export function verifyChain(previousHash: Hash, entries: readonly ChainedLog[], from: Seq = 1): ChainVerdict {
  let hash = previousHash;
  let seq = from;
  for (const entry of entries) {
    if (entry.eventIndex !== seq) return { ok: false, seq, reason: `entry ${seq} is missing` };
    if (entry.threadId !== entries[0]?.threadId) {
      return { ok: false, seq, reason: `entry ${seq} is one of run ${entry.threadId}` };
    }
    if (entry.stepId !== stepIdOf(entry.event)) {
      return { ok: false, seq, reason: `entry ${seq} names a step that its event does not` };
    }
    const expected = chainHash(hash, { seq, event: entry.event }, entry.stateHash);
    if (entry.hash !== expected) {
      return { ok: false, seq, reason: `entry ${seq} has hash ${entry.hash}, but its content gives ${expected}` };
    }
    hash = entry.hash;
    seq += 1;
  }
  return { ok: true, head: seq - 1, hash };
}

/** Reads the execution log of a run, without state hashes. */
export async function scanExecutionLog(store: EventStore, runId: RunId, from: Seq): Promise<ExecutionLog[]> {
  return (await store.scan(runId, from)).map((sequenced) => logEntryOf(runId, sequenced));
}

/**
 * Reads the execution log of a run and hashes the state after each event.
 *
 * @param initialState the state just before `from`: the run's initial state, or a checkpoint's
 */
export async function scanExecutionLogWithStateHashes(
  store: EventStore,
  runId: RunId,
  from: Seq,
  initialState: Json,
  reduce: Reducer,
): Promise<ExecutionLog[]> {
  let state = initialState;
  let stateHash: Hash | null = null;
  return (await store.scan(runId, from)).map((sequenced) => {
    const after = reduce(state, sequenced.event, sequenced.seq);
    // Hashing freezes a state, so the same one has the same hash; an action's request, for one, rarely changes it.
    if (stateHash === null || after !== state) stateHash = hashOf(after);
    state = after;
    return logEntryOf(runId, sequenced, stateHash);
  });
}

/** Reads the trace of a run. */
export async function scanExecutionTrace(store: EventStore, runId: RunId, from: Seq): Promise<KernelTraceEvent[]> {
  return (await scanExecutionLog(store, runId, from)).map(traceEventOf);
}
