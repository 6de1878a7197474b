/**
 * The lives of what takes time in a history: which events begin, start and end an activity, a timer, a child run, a request, an
 * update, a workflow task, and by which attribute they name each other.
 */
import { EventType } from './history-event';

export type Attributes = Readonly<Record<string, unknown>>;

/** The life of what takes time, as event types. */
export interface Lifecycle {
  readonly begins: EventType;
  readonly starts: readonly EventType[];
  readonly ends: readonly EventType[];
  readonly mentions: readonly EventType[];
  /** The attribute by which later events name the one that began it. */
  readonly beganBy: string;
  /** Whether there can't be an end without a start. (A lost one can time out, and an unwanted one be cancelled, before it starts.) */
  readonly endsUnstarted: readonly EventType[];
  /** What all events of one life have in common, where they say it; null where they don't. */
  readonly nameIn: (attributes: Attributes) => unknown;
}

const text = (value: unknown): unknown => (value === '' ? null : (value ?? null));

const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && key in value ? (value as Attributes)[key] : undefined;

const LIFECYCLES: readonly Lifecycle[] = [
  {
    begins: EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    starts: [EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED],
    ends: [
      EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
      EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
      EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
    ],
    mentions: [],
    beganBy: 'scheduledEventId',
    endsUnstarted: [EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT],
    nameIn: () => null,
  },
  {
    begins: EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    starts: [EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED],
    ends: [
      EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
      EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
      EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
      EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
    ],
    mentions: [EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED],
    beganBy: 'scheduledEventId',
    endsUnstarted: [EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED],
    nameIn: () => null,
  },
  {
    begins: EventType.EVENT_TYPE_TIMER_STARTED,
    starts: [],
    ends: [EventType.EVENT_TYPE_TIMER_FIRED, EventType.EVENT_TYPE_TIMER_CANCELED],
    mentions: [],
    beganBy: 'startedEventId',
    endsUnstarted: [EventType.EVENT_TYPE_TIMER_FIRED, EventType.EVENT_TYPE_TIMER_CANCELED],
    nameIn: (attributes) => text(attributes['timerId']),
  },
  {
    begins: EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
    starts: [EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED],
    ends: [
      EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
      EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
      EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED,
      EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT,
      EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED,
      EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED,
    ],
    mentions: [],
    beganBy: 'initiatedEventId',
    endsUnstarted: [EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED],
    nameIn: (attributes) => text(attributes['workflowId'] ?? member(attributes['workflowExecution'], 'workflowId')),
  },
  {
    begins: EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
    starts: [],
    ends: [
      EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED,
      EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED,
    ],
    mentions: [],
    beganBy: 'initiatedEventId',
    endsUnstarted: [
      EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED,
      EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED,
    ],
    nameIn: (attributes) => text(member(attributes['workflowExecution'], 'workflowId')),
  },
  {
    begins: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    starts: [],
    ends: [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED],
    mentions: [],
    beganBy: 'acceptedEventId',
    endsUnstarted: [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED],
    // What was admitted before a reset is accepted without its request, but under its id.
    nameIn: (attributes) => {
      const meta = attributes['meta'] ?? member(attributes['acceptedRequest'], 'meta');
      return text(member(meta, 'updateId') ?? attributes['protocolInstanceId']);
    },
  },
];

/** The life of a workflow task: there is one at a time. */
export const [TASK] = LIFECYCLES as readonly [Lifecycle, ...Lifecycle[]];

/** What an event is in the life that it belongs to. A request to cancel an activity names it, and neither starts nor ends it. */
export interface Role {
  readonly lifecycle: Lifecycle;
  readonly role: 'begins' | 'starts' | 'ends' | 'mentions';
}

/** The roles of the event types that have one. */
export const ROLES: ReadonlyMap<EventType, Role> = new Map(
  LIFECYCLES.flatMap((lifecycle): [EventType, Role][] => [
    [lifecycle.begins, { lifecycle, role: 'begins' }],
    ...lifecycle.starts.map((type): [EventType, Role] => [type, { lifecycle, role: 'starts' }]),
    ...lifecycle.ends.map((type): [EventType, Role] => [type, { lifecycle, role: 'ends' }]),
    ...lifecycle.mentions.map((type): [EventType, Role] => [type, { lifecycle, role: 'mentions' }]),
  ]),
);

/** The id of the child execution that attributes speak of; null where they speak of none. */
export function childExecutionIn(attributes: Attributes): string | null {
  const executionId = member(attributes['workflowExecution'], 'runId');
  return typeof executionId === 'string' && executionId !== '' ? executionId : null;
}
