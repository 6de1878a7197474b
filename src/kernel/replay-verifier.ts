/**
 * The replay verifier: says whether a log is the one that somebody expects, and whether it makes sense.
 *
 * Source: Oris kernel, `replay_verifier`. What it calls the state hash is the event-stream hash. Unlike the reference, a
 * failing store throws and is never reported as a mismatch; what is to be verified is what is given, so that a check
 * cannot be switched on without the value that it needs; and the tool checksum tells any two logs apart whose requests
 * differ. It must not change anything.
 */
import { canonicalJson } from './canonical-json';
import type { SequencedEvent } from './event';
import type { EventStore } from './event-store';
import { eventStreamHashOf, isExpectedHash } from './event-stream-hash';
import { hashOf, sha256Hex, type Hash } from './hash';
import type { ActionId, RunId, Seq } from './identity';
import type { Json } from './json';

/** What to verify of a run. That the run exists is verified always. Hex digits may be of either case. */
export interface VerifyConfig {
  /** The event-stream hash that the log must have. */
  readonly expectedStateHash?: Hash;
  /** The checksum that the log's action requests must have ({@link toolChecksumOf}). */
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
 * One hash over all requests of a log: of the canonical JSON of their pairs of action id and payload. So two logs share a
 * checksum only when they ask for the same under the same ids.
 */
export function toolChecksumOf(events: readonly SequencedEvent[]): Hash {
  return hashOf(requestsIn(events));
}

/** The tool checksum of a run's whole log. */
export async function toolChecksum(store: EventStore, runId: RunId): Promise<Hash> {
  return toolChecksumOf(await store.scan(runId, 1));
}

/**
 * The specification's own tool checksum, to compare with what other kernels printed. It puts nothing between an id and its
 * payload, so that `a1` with payload 2 and `a` with payload 12 are one to it: verify with {@link toolChecksumOf}.
 */
export function specificationToolChecksumOf(events: readonly SequencedEvent[]): Hash {
  const texts = requestsIn(events).map(([actionId, payload]) => actionId + canonicalJson(payload));
  return sha256Hex(texts.join(''));
}

function requestsIn(events: readonly SequencedEvent[]): readonly (readonly [ActionId, Json])[] {
  return events.flatMap(({ event }) =>
    event.type === 'ActionRequested' ? [[event.actionId, event.payload] as const] : [],
  );
}

function mismatch(
  type: 'StateHashMismatch' | 'ToolChecksumMismatch',
  expected: Hash | undefined,
  actualHash: () => Hash,
): VerificationFailure | null {
  if (expected === undefined) return null;
  const actual = actualHash();
  return isExpectedHash(actual, expected) ? null : { type, expected, actual };
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
