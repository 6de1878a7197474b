/**
 * What a workflow's answer to one task looks like whatever the program is: each command at most once and in one order, a receipt for
 * each accepted answer, and one command that stops what runs when the run is cancelled.
 */
import { canonicalJson, type Seq } from '../kernel';
import type { AnswerReceipt } from '../protocol';
import type { Activation } from './activation';
import type { HistoryDecoder } from './history-decoder';
import { describeEvent, EventType, type HistoryEvent } from './history-event';
import { mismatch, reading } from './history-mismatch';

/** What an activation asked for and did, beside what its inputs changed. */
export interface Doings {
  /** The id of the action or interrupt that the machine asked for; null when it asked for nothing new. */
  readonly asked: string | null;
  /** The head of the log after each accepted answer, in order. */
  readonly receipts: readonly Seq[];
  /** What ran when a cancel came; null when nothing did, or no cancel came. */
  readonly stopped: Running | null;
}

/** What runs when a cancel comes. */
export interface Running {
  readonly kind: 'timer' | 'activity' | 'child';
  /** The event that scheduled it. */
  readonly eventId: number;
}

/** The stages of an answer. A command of one stage excludes the others of that stage, and comes before those of later ones. */
const STAGES: readonly (readonly EventType[])[] = [
  [EventType.EVENT_TYPE_MARKER_RECORDED],
  [EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED],
  [
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
    EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
    EventType.EVENT_TYPE_TIMER_CANCELED,
  ],
  [
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED,
  ],
  [
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
  ],
];

const STAGE_OF: ReadonlyMap<number, number> = new Map(
  STAGES.flatMap((types, stage) => types.map((type) => [type, stage] as const)),
);

/** Checks that an answer has the commands that a run's can have, in their order. */
export function assertAnswerOrder({ commands }: Activation): void {
  let before: HistoryEvent | null = null;
  for (const event of commands) {
    const stage = STAGE_OF.get(event.eventType ?? 0);
    if (stage === undefined) throw mismatch(event, 'the program asked for no such thing');
    if (before !== null && stage <= (STAGE_OF.get(before.eventType ?? 0) ?? -1)) {
      throw mismatch(event, `no answer has it behind ${describeEvent(before)}`);
    }
    before = event;
  }
}

/**
 * Checks that every accepted answer has the receipt that the run gives for it.
 *
 * @param seqs the head of the log after each accepted answer, in order
 */
export async function assertReceipts(
  { completed, commands }: Activation,
  seqs: readonly Seq[],
  decoder: HistoryDecoder,
): Promise<void> {
  const receipts = commands.filter(
    ({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
  );
  if (receipts.length !== seqs.length) {
    throw mismatch(
      receipts[0] ?? completed,
      `it gives ${receipts.length} receipts for ${seqs.length} accepted answers`,
    );
  }
  for (const [index, event] of receipts.entries()) {
    const { success } = event.workflowExecutionUpdateCompletedEventAttributes?.outcome ?? {};
    const values = await reading(event, () => decoder.values(success));
    const expected: AnswerReceipt = { seq: seqs[index] as Seq };
    if (canonicalJson(values) === canonicalJson([expected])) continue;
    throw mismatch(event, `the receipt is not that of the answer, which is entry ${expected.seq}`);
  }
}

/**
 * Checks that what runs is told to stop when the run is cancelled, and at no other time.
 *
 * @param stopped what ran when a cancel came in this activation; null when nothing did, or no cancel came
 * @param cancelling whether the run is being cancelled
 */
export function assertStops({ completed, commands }: Activation, stopped: Running | null, cancelling: boolean): void {
  const stop = commands.find((event) => STOPS.has(event.eventType ?? 0));
  if (stop === undefined) {
    // A child that has not started yet is told when it has.
    if (stopped === null || stopped.kind === 'child') return;
    throw mismatch(completed, `the run was cancelled, but what event ${stopped.eventId} began was not told to stop`);
  }
  const kind = STOPS.get(stop.eventType ?? 0);
  if (kind === 'child' && cancelling && (stopped === null || stopped.kind === 'child')) return;
  if (stopped === null) throw mismatch(stop, 'the program asked for no such thing');
  const told = Number(
    stop.activityTaskCancelRequestedEventAttributes?.scheduledEventId ??
      stop.timerCanceledEventAttributes?.startedEventId ??
      0,
  );
  if (kind === stopped.kind && told === stopped.eventId) return;
  throw mismatch(stop, `it stops another thing than what event ${stopped.eventId} began`);
}

const STOPS: ReadonlyMap<number, Running['kind']> = new Map([
  [EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED, 'activity'],
  [EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, 'child'],
  [EventType.EVENT_TYPE_TIMER_CANCELED, 'timer'],
]);
