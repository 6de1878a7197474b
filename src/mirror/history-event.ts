/** Temporal's history events, as this mirror reads them. */
import { temporal } from '@temporalio/proto';

/** One event of a workflow execution's history. */
export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

export const { EventType } = temporal.api.enums.v1;
export type EventType = temporal.api.enums.v1.EventType;

/** The event's number in its execution's history, from 1. */
export function eventIdOf(event: HistoryEvent): number {
  return Number(event.eventId ?? 0);
}

/** When the server recorded the event, in milliseconds since 1970. */
export function eventTimeMsOf(event: HistoryEvent): number {
  const seconds = Number(event.eventTime?.seconds ?? 0);
  return seconds * 1_000 + Math.floor((event.eventTime?.nanos ?? 0) / 1_000_000);
}

/** The event's type as people write it, e.g. `ActivityTaskCompleted`. */
export function eventNameOf(event: HistoryEvent): string {
  const name = EventType[event.eventType ?? 0] ?? 'EVENT_TYPE_UNSPECIFIED';
  return name
    .replace('EVENT_TYPE_', '')
    .toLowerCase()
    .replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The event in words, for errors: `event 12 (ActivityTaskCompleted)`. */
export function describeEvent(event: HistoryEvent): string {
  return `event ${eventIdOf(event)} (${eventNameOf(event)})`;
}

/** The workflow task whose completion wrote this event; null for events that the server or a worker wrote by itself. */
export function commandOf(event: HistoryEvent): number | null {
  switch (event.eventType) {
    case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
    case EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED:
    case EventType.EVENT_TYPE_TIMER_STARTED:
    case EventType.EVENT_TYPE_TIMER_CANCELED:
    case EventType.EVENT_TYPE_MARKER_RECORDED:
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
    case EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
    case EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
    case EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
    case EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
    case EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED:
    case EventType.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED:
    case EventType.EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED: {
      const task = attributesOf(event)[0]?.[1]['workflowTaskCompletedEventId'];
      return task === undefined || task === null ? 0 : Number(task);
    }
    // Updates are messages, not commands, but the task's completion writes them all the same.
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
      return 0;
    default:
      return null;
  }
}

/** The event's sets of attributes, by name. An event as the server writes it has one. */
export function attributesOf(event: HistoryEvent): readonly (readonly [string, Readonly<Record<string, unknown>>])[] {
  const sets: [string, Readonly<Record<string, unknown>>][] = [];
  for (const [key, value] of Object.entries(event)) {
    if (key.endsWith('EventAttributes') && typeof value === 'object' && value !== null) {
      sets.push([key, value as Readonly<Record<string, unknown>>]);
    }
  }
  return sets;
}
