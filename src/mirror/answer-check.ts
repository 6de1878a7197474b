/**
 * What a workflow's answer to one task looks like whatever the program is: commands in one order, a receipt for each accepted update, and
 * a command for everything that is to stop.
 */
import { canonicalJson, type Alarm, type PendingAction } from '../kernel';
import type { Alone, AnswerReceipt } from '../protocol';
import type { Activation } from './activation';
import type { HistoryDecoder } from './history-decoder';
import { describeEvent, EventType, type HistoryEvent } from './history-event';
import { mismatch, reading } from './history-mismatch';

/** What an activation asked for and did, beside what its inputs changed. */
export interface Doings {
  /** The actions that the machine asked for and that are to be done, in order. */
  readonly asked: readonly PendingAction[];
  /** Whether the log has grown. */
  readonly hasGrown: boolean;
  /** Whether a signal was heard. */
  readonly hasHeard: boolean;
  /** The receipt for each accepted update, in order. */
  readonly receipts: readonly AnswerReceipt[];
  /** What was to be told to stop. */
  readonly stopped: readonly Running[];
  /** Whether the run is ending: children that had not started when it began to are told later. */
  readonly ending: boolean;
  /** The timer that an ask began to need. */
  readonly alarm: Alarm | null;
  /** The action that a burst has just left to an activity of its own. */
  readonly alone: Alone | null;
}

/** What runs when a cancel comes. */
export interface Running {
  readonly kind: 'timer' | 'activity' | 'child';
  /** The event that scheduled it. */
  readonly eventId: number;
}

/** The stages of an answer, in their order. */
const STAGES: readonly { readonly types: readonly EventType[]; readonly once?: true }[] = [
  { types: [EventType.EVENT_TYPE_MARKER_RECORDED], once: true },
  { types: [EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES], once: true },
  {
    types: [
      EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
      EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
    ],
  },
  {
    types: [
      EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
      EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
      EventType.EVENT_TYPE_TIMER_CANCELED,
    ],
  },
  {
    types: [
      EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
      EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
      EventType.EVENT_TYPE_TIMER_STARTED,
    ],
  },
  { types: [EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED], once: true },
  {
    types: [
      EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
      EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
      EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
      EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
    ],
    once: true,
  },
];

const STAGE_OF: ReadonlyMap<number, number> = new Map(
  STAGES.flatMap(({ types }, stage) => types.map((type) => [type, stage] as const)),
);

/** Checks that an answer has the commands that a run's can have, in their order. */
export function assertAnswerOrder({ commands }: Activation): void {
  let before: HistoryEvent | null = null;
  for (const event of commands) {
    const stage = STAGE_OF.get(event.eventType ?? 0);
    if (stage === undefined) throw mismatch(event, 'the program asked for no such thing');
    const stageBefore = before === null ? -1 : (STAGE_OF.get(before.eventType ?? 0) ?? -1);
    if (before !== null && (stage < stageBefore || (stage === stageBefore && STAGES[stage]?.once === true))) {
      throw mismatch(event, `no answer has it behind ${describeEvent(before)}`);
    }
    before = event;
  }
}

/**
 * Checks that every accepted answer has the receipt that the run gives for it.
 *
 * @param expected the receipts, in order
 */
export async function assertReceipts(
  { completed, commands }: Activation,
  expected: readonly AnswerReceipt[],
  decoder: HistoryDecoder,
): Promise<void> {
  const receipts = commands.filter(
    ({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
  );
  if (receipts.length !== expected.length) {
    throw mismatch(
      receipts[0] ?? completed,
      `it gives ${receipts.length} receipts for ${expected.length} accepted answers`,
    );
  }
  for (const [index, event] of receipts.entries()) {
    const { success } = event.workflowExecutionUpdateCompletedEventAttributes?.outcome ?? {};
    const values = await reading(event, () => decoder.values(success));
    const receipt = expected[index] as AnswerReceipt;
    if (canonicalJson(values) === canonicalJson([receipt])) continue;
    throw mismatch(event, `the receipt is not that of the answer, which is entry ${receipt.seq}`);
  }
}

/**
 * Checks that what is to stop is told so, once and at no other time.
 *
 * @param stopped what is to be told in this activation
 * @param ending whether the run is ending: a child that had not started when it began to is told when it has
 */
export function assertStops({ completed, commands }: Activation, stopped: readonly Running[], ending: boolean): void {
  const waiting = [...stopped];
  for (const event of commands) {
    const kind = STOPS.get(event.eventType ?? 0);
    if (kind === undefined) continue;
    const told = Number(
      event.activityTaskCancelRequestedEventAttributes?.scheduledEventId ??
        event.timerCanceledEventAttributes?.startedEventId ??
        0,
    );
    const index = waiting.findIndex(
      (running) => running.kind === kind && (kind === 'child' || running.eventId === told),
    );
    if (index !== -1) waiting.splice(index, 1);
    else if (kind !== 'child' || !ending) throw mismatch(event, 'the program asked for no such thing');
  }
  const untold = waiting.find(({ kind }) => kind !== 'child');
  if (untold === undefined) return;
  throw mismatch(completed, `what event ${untold.eventId} began was to stop, but was not told`);
}

const STOPS: ReadonlyMap<number, Running['kind']> = new Map([
  [EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED, 'activity'],
  [EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, 'child'],
  [EventType.EVENT_TYPE_TIMER_CANCELED, 'timer'],
]);
