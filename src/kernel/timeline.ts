/**
 * The timeline: a run at a glance.
 *
 * Source: Oris kernel, `timeline`. The final status is that of the last event that is no state update; unlike the
 * reference, a run that goes on after a pause or has not settled yet is `Running`, and never shown as completed or still
 * blocked.
 */
import { eventActionIdOf, stepIdOf, type EventKind, type SequencedEvent } from './event';
import type { ActionId, RunId, Seq, StepId } from './identity';

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
    // As for the machine: a state update changes nothing about what a run waits for.
    finalStatus: statusAfter(events.findLast(({ event }) => event.type !== 'StateUpdated')),
  };
}

function statusAfter(last: SequencedEvent | undefined): RunStatusSummary {
  switch (last?.event.type) {
    case 'Completed':
      return { status: 'Completed' };
    case 'Interrupted':
      return { status: 'Blocked', interrupt: true };
    case 'ActionFailed':
      return { status: 'Failed', recoverable: false };
    default:
      return { status: 'Running' };
  }
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
