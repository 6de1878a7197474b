/**
 * The timeline: a run at a glance.
 *
 * Source: Oris kernel, `timeline`. The final status is that of the last event that is no state update; unlike the
 * reference, a run that goes on after a pause or has not settled yet is `Running`, and never shown as completed or still
 * blocked. A vote leaves an ask as it is. Of several actions at once one that failed is enough. A log does not say whether its
 * program goes on after a failure; the next event does.
 */
import { KernelError, messageOf } from './error';
import { eventActionIdOf, stepIdOf, type Event, type EventKind, type SequencedEvent } from './event';
import type { ActionId, RunId, Seq, StepId } from './identity';
import { isPlainObject } from './json';
import { resumptionIn } from './resumption';

/** One event of a timeline. */
export interface TimelineEntry {
  readonly seq: Seq;
  readonly kind: EventKind;
  readonly stepId: StepId | null;
  readonly actionId: ActionId | null;
}

/** Where a run stands, as its log tells. */
export type RunStatusSummary =
  | { readonly status: 'Completed' }
  | { readonly status: 'Blocked'; readonly interrupt: boolean }
  | { readonly status: 'Failed'; readonly recoverable: boolean }
  | { readonly status: 'Running' };

/** A run's events in order, and where it stands. */
export interface RunTimeline {
  readonly runId: RunId;
  readonly events: readonly TimelineEntry[];
  readonly finalStatus: RunStatusSummary;
}

/** The timeline of a run's events. */
export function runTimeline(runId: RunId, events: readonly SequencedEvent[]): RunTimeline {
  return {
    runId,
    events: events.map(({ seq, event }) => {
      return { seq, kind: event.type, stepId: stepIdOf(event), actionId: eventActionIdOf(event) };
    }),
    finalStatus: statusAfter(events),
  };
}

function statusAfter(events: readonly SequencedEvent[]): RunStatusSummary {
  // As for the machine: a state update changes nothing about what a run waits for, nor does a vote.
  const at = events.findLastIndex(({ event }) => event.type !== 'StateUpdated' && !isOnTheWay(event));
  const goneOn = at < events.length - 1;
  switch (events[at]?.event.type) {
    case 'Completed':
      return { status: 'Completed' };
    case 'Interrupted':
      return { status: 'Blocked', interrupt: true };
    case 'ActionSucceeded':
    case 'ActionFailed': {
      const others = events.slice(0, at).findLastIndex(({ event }) => !isResult(event));
      const hasFailed = events.slice(others + 1, at + 1).some(({ event }) => event.type === 'ActionFailed');
      return hasFailed && !goneOn ? { status: 'Failed', recoverable: false } : { status: 'Running' };
    }
    default:
      return { status: 'Running' };
  }
}

/** Votes and escalations: the ask waits for more. */
function isOnTheWay(event: Event): boolean {
  const type = event.type === 'Resumed' ? resumptionIn(event.value)?.type : undefined;
  return type === 'vote' || type === 'escalated';
}

function isResult({ type }: Event): boolean {
  return type === 'ActionSucceeded' || type === 'ActionFailed';
}

/** The text of a timeline, with the specification's field names and order; absent ids are left out. */
export function timelineText(timeline: RunTimeline): string {
  return JSON.stringify({
    run_id: timeline.runId,
    events: timeline.events.map(({ seq, kind, stepId, actionId }) => ({
      seq,
      kind,
      ...(stepId === null ? {} : { step_id: stepId }),
      ...(actionId === null ? {} : { action_id: actionId }),
    })),
    final_status: timeline.finalStatus,
  });
}

const EVENT_KINDS: readonly string[] = [
  'StateUpdated',
  'ActionRequested',
  'ActionSucceeded',
  'ActionFailed',
  'Interrupted',
  'Resumed',
  'Completed',
] satisfies EventKind[];

/**
 * Reads the text of a timeline.
 *
 * @throws KernelError `InvalidTimeline`
 */
export function parseTimelineText(text: string): RunTimeline {
  let wire: unknown;
  try {
    wire = JSON.parse(text);
  } catch (error) {
    throw invalid(messageOf(error));
  }
  const runId = memberOf(wire, 'run_id');
  const events = memberOf(wire, 'events');
  if (typeof runId !== 'string' || !Array.isArray(events)) throw invalid('it has a run_id and events');
  return { runId, events: events.map(readEntry), finalStatus: readStatus(memberOf(wire, 'final_status')) };
}

function readEntry(wire: unknown): TimelineEntry {
  const idOf = (field: string): string | null => {
    const id = memberOf(wire, field) ?? null;
    if (id === null || typeof id === 'string') return id;
    throw invalid(`${field} is a text`);
  };
  const seq = memberOf(wire, 'seq');
  const kind = memberOf(wire, 'kind');
  if (!Number.isSafeInteger(seq) || typeof kind !== 'string' || !EVENT_KINDS.includes(kind)) {
    throw invalid('an event has a seq and the kind of an event');
  }
  return { seq: seq as Seq, kind: kind as EventKind, stepId: idOf('step_id'), actionId: idOf('action_id') };
}

function readStatus(wire: unknown): RunStatusSummary {
  const status = memberOf(wire, 'status');
  if (status === 'Completed' || status === 'Running') return { status };
  const interrupt = memberOf(wire, 'interrupt');
  if (status === 'Blocked' && typeof interrupt === 'boolean') return { status, interrupt };
  const recoverable = memberOf(wire, 'recoverable');
  if (status === 'Failed' && typeof recoverable === 'boolean') return { status, recoverable };
  throw invalid('its final_status is Completed, Running, Blocked with interrupt, or Failed with recoverable');
}

function memberOf(wire: unknown, field: string): unknown {
  return isPlainObject(wire) && Object.hasOwn(wire, field) ? wire[field] : undefined;
}

function invalid(reason: string): KernelError {
  return new KernelError('InvalidTimeline', `no timeline: ${reason}`);
}
