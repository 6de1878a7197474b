/** What set a run off, as its metadata says. Source: Harn, `TriggerEvent`, of which no more is read here than a run record needs. */
import { memberOf, textIn } from './member';
import type { RunRecordDocument } from './run-record';

/** Whether the sender of a trigger is who it says. */
export type SignatureStatus =
  | { readonly state: 'verified' }
  | { readonly state: 'unsigned' }
  | { readonly state: 'failed'; readonly reason: string };

/** Something outside that set a run off. */
export interface TriggerEvent {
  readonly id: string;
  readonly provider: string;
  readonly kind: string;
  readonly dedupeKey: string;
  readonly traceId: string;
  readonly signatureStatus: SignatureStatus;
}

/** The word for a signature's status. */
export function signatureStatusLabel({ state }: SignatureStatus): 'verified' | 'unsigned' | 'failed' {
  return state;
}

/** What set the run off; null when its metadata says nothing that reads as a trigger. */
export function triggerEventFromRun({ metadata }: Pick<RunRecordDocument, 'metadata'>): TriggerEvent | null {
  const event = memberOf(metadata, 'trigger_event');
  const signatureStatus = signatureStatusIn(event);
  const [id, provider, kind] = [textIn(event, 'id'), textIn(event, 'provider'), textIn(event, 'kind')];
  const [dedupeKey, traceId] = [textIn(event, 'dedupe_key'), textIn(event, 'trace_id')];
  if (id === null || provider === null || kind === null || dedupeKey === null || traceId === null) return null;
  return signatureStatus && { id, provider, kind, dedupeKey, traceId, signatureStatus };
}

/** The id that ties a run to what else happened because of its trigger. */
export function runTraceId(
  run: Pick<RunRecordDocument, 'metadata'>,
  trigger: TriggerEvent | null = triggerEventFromRun(run),
): string | null {
  return trigger === null ? textIn(run.metadata, 'trace_id') : trigger.traceId;
}

/** The trigger that this run plays again; null when it plays none. */
export function replayOfEventIdFromRun({ metadata }: Pick<RunRecordDocument, 'metadata'>): string | null {
  return textIn(metadata, 'replay_of_event_id');
}

function signatureStatusIn(event: unknown): SignatureStatus | null {
  const status = memberOf(event, 'signature_status');
  const state = textIn(status, 'state');
  const reason = textIn(status, 'reason');
  if (state === 'verified' || state === 'unsigned') return { state };
  return state === 'failed' && reason !== null ? { state, reason } : null;
}
