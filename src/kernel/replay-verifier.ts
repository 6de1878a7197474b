/**
 * The replay verifier: says whether a log is the one that somebody expects, and whether it makes sense.
 *
 * Source: Oris kernel, `replay_verifier`. What it calls the state hash is the event-stream hash. Unlike the reference, a
 * failing store throws and is never reported as a mismatch; and what is to be verified is what is given, so that a check
 * cannot be switched on without the value that it needs. It must not change anything.
 */
import { canonicalJson } from './canonical-json';
import type { SequencedEvent } from './event';
import type { EventStore } from './event-store';
import { eventStreamHashOf } from './event-stream-hash';
import { sha256Hex, type Hash } from './hash';
import type { RunId, Seq } from './identity';
import type { Json } from './json';

/** What to verify of a run. That the run exists is verified always. */
export interface VerifyConfig {
  /** The event-stream hash that the log must have. */
  readonly expectedStateHash?: Hash;
  /** The checksum that the log's action requests must have. */
  readonly expectedToolChecksum?: Hash;
  /** Whether every interrupt must be answered, and every answer have an interrupt. Default: no. */
  readonly interruptConsistency?: boolean;
}

/** Why a run is not what it should be. */
export type VerificationFailure =
  | { readonly type: 'RunNotFound' }
  | { readonly type: 'StateHashMismatch'; readonly expected: Hash; readonly actual: Hash }
  | { readonly type: 'ToolChecksumMismatch'; readonly expected: Hash; readonly actual: Hash }
  | { readonly type: 'UnmatchedInterrupt'; readonly seq: Seq; readonly value: Json }
  | { readonly type: 'UnmatchedResume'; readonly seq: Seq };

/** The verdict of `verifyReplay`. */
export type VerificationResult = { readonly ok: true } | { readonly ok: false; readonly failure: VerificationFailure };

/**
 * Verifies a run; the first check that fails is the verdict.
 *
 * @throws KernelError of the store
 */
export async function verifyReplay(
  store: EventStore,
  runId: RunId,
  { expectedStateHash, expectedToolChecksum, interruptConsistency = false }: VerifyConfig = {},
): Promise<VerificationResult> {
  const events = await store.scan(runId, 1);
  const failure =
    (events.length === 0 ? ({ type: 'RunNotFound' } as const) : null) ??
    mismatch('StateHashMismatch', expectedStateHash, () => eventStreamHashOf(events)) ??
    mismatch('ToolChecksumMismatch', expectedToolChecksum, () => toolChecksumOf(events)) ??
    (interruptConsistency ? inconsistencyOf(events) : null);
  return failure === null ? { ok: true } : { ok: false, failure };
}

/**
 * One hash over all requests of a log: SHA-256 of each action id and payload, one after the other.
 *
 * It is the specification's, which puts nothing between an id and its payload; so two logs with other ids may share a
 * checksum. The event-stream hash tells such logs apart.
 */
export function toolChecksumOf(events: readonly SequencedEvent[]): Hash {
  const requests = events.map(({ event }) =>
    event.type === 'ActionRequested' ? event.actionId + canonicalJson(event.payload) : '',
  );
  return sha256Hex(requests.join(''));
}

/** The tool checksum of a run's whole log. */
export async function toolChecksum(store: EventStore, runId: RunId): Promise<Hash> {
  return toolChecksumOf(await store.scan(runId, 1));
}

function mismatch(
  type: 'StateHashMismatch' | 'ToolChecksumMismatch',
  expected: Hash | undefined,
  actualHash: () => Hash,
): VerificationFailure | null {
  if (expected === undefined) return null;
  const actual = actualHash();
  return actual === expected ? null : { type, expected, actual };
}

/** An answer belongs to the latest interrupt that has none. */
function inconsistencyOf(events: readonly SequencedEvent[]): VerificationFailure | null {
  const open: { readonly seq: Seq; readonly value: Json }[] = [];
  for (const { seq, event } of events) {
    if (event.type === 'Interrupted') open.push({ seq, value: event.value });
    if (event.type === 'Resumed' && open.pop() === undefined) return { type: 'UnmatchedResume', seq };
  }
  const unanswered = open.pop();
  return unanswered === undefined ? null : { type: 'UnmatchedInterrupt', ...unanswered };
}
