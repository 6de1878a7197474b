/**
 * Which version of its program a run says it was made with: Temporal's patch marker, and the search attribute that goes with it.
 */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { canonicalJson, messageOf } from '../kernel';
import { versionMark } from '../protocol';
import type { Activation } from './activation';
import type { HistoryDecoder } from './history-decoder';
import { EventType, type HistoryEvent } from './history-event';
import { mismatch, reading } from './history-mismatch';

/** The name of Temporal's patch markers. */
const PATCH_MARKER = 'core_patch';

/** The name of the markers of local activities. */
const LOCAL_ACTIVITY_MARKER = 'core_local_activity';

/** Whether an event is part of what a run says of its version. */
export function isVersionCommand({ eventType }: HistoryEvent): boolean {
  return (
    eventType === EventType.EVENT_TYPE_MARKER_RECORDED ||
    eventType === EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES
  );
}

/**
 * The version that an activation's marker names; 1 when there is none.
 *
 * @throws KernelError `HistoryMismatch` for a marker that no run of the program makes
 */
export async function versionIn({ commands }: Activation, program: string, decoder: HistoryDecoder): Promise<number> {
  const event = commands.find(({ eventType }) => eventType === EventType.EVENT_TYPE_MARKER_RECORDED);
  if (event === undefined) return 1;
  const { markerName, details } = event.markerRecordedEventAttributes ?? {};
  if (markerName === LOCAL_ACTIVITY_MARKER) {
    throw mismatch(
      event,
      'a run does nothing by a local activity: its marker does not have the input that it was given',
    );
  }
  const patch = await reading(event, () => decoder.value(details?.['patch-data']));
  const id = typeof patch === 'object' && patch !== null && 'id' in patch ? String(patch.id) : '';
  const version = Number(/@([1-9]\d*)$/.exec(id)?.[1]);
  const expected = canonicalJson({ id: versionMark(program, version), deprecated: false });
  if (markerName === PATCH_MARKER && canonicalJson(patch) === expected) return version;
  throw mismatch(event, `the marker ${markerName ?? '?'} ${id} is none of a run of ${program}`);
}

/** The search attribute in which Temporal lists a run's patch markers. */
const CHANGE_VERSION = 'TemporalChangeVersion';

/**
 * Checks that the search attribute lists the marker and nothing else. (No codec ever sees a search attribute.)
 *
 * @throws KernelError `HistoryMismatch`
 */
export function assertVersionAttribute(event: HistoryEvent, program: string, version: number): void {
  const fields = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields ?? {};
  const listed = Object.entries(fields).map(([name, payload]) => [name, valueOf(event, payload)]);
  if (canonicalJson(listed) === canonicalJson([[CHANGE_VERSION, [versionMark(program, version)]]])) return;
  throw mismatch(event, `it does not list the marker of version ${version}`);
}

function valueOf(event: HistoryEvent, payload: Payload): unknown {
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch (error) {
    throw mismatch(event, `its payload can't be read: ${messageOf(error)}`, error);
  }
}
