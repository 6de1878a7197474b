/**
 * What a workflow answered in one activation, compared with what the machine asks for.
 *
 * Guarantees: every command of the activation is expected, and every expected one is there; so nothing was scheduled that the
 * program did not ask for, and nothing was asked for that was not scheduled.
 */
import { canonicalJson, describe, isBlocked, type Hash, type Json, type Machine } from '../kernel';
import { BLOCKED_MEMO, type FailedRun, type RunOptions } from '../protocol';
import type { Activation } from './activation';
import type { HistoryDecoder } from './history-decoder';
import { EventType, type HistoryEvent } from './history-event';
import { mismatch, reading } from './history-mismatch';
import type { ClosedAs } from './mirror-position';

/** What a checked activation means for the run's chain. */
export interface CheckedEnd {
  readonly closed: ClosedAs | null;
  /** The execution that goes on, after continue-as-new. */
  readonly next: string | null;
}

export class CommandCheck {
  readonly #activation: Activation;
  readonly #decoder: HistoryDecoder;

  constructor(activation: Activation, decoder: HistoryDecoder) {
    this.#activation = activation;
    this.#decoder = decoder;
  }

  /** The event that scheduled the activation's action, if it asked for one. */
  get scheduled(): HistoryEvent | null {
    return (
      this.#find(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) ?? this.#find(EventType.EVENT_TYPE_TIMER_STARTED) ?? null
    );
  }

  get timerCanceled(): HistoryEvent | null {
    return this.#find(EventType.EVENT_TYPE_TIMER_CANCELED);
  }

  get continuedAsNew(): HistoryEvent | null {
    return this.#find(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW);
  }

  /** The event that closed the execution, if the activation did. */
  get closing(): HistoryEvent | null {
    return this.#activation.commands.find(({ eventType }) => CLOSING.has(eventType ?? 0)) ?? null;
  }

  /**
   * Compares, once the machine took the activation's inputs and steps.
   *
   * @param asked the id of the action or interrupt that the machine asked for in this activation
   * @throws KernelError `HistoryMismatch`
   */
  async against(machine: Machine, hash: Hash, asked: string | null): Promise<CheckedEnd> {
    this.#assertOnlyKnown(machine);
    await this.#checkScheduled(machine, asked);
    await this.#checkBlock(machine, asked);
    return await this.#checkEnd(machine, hash);
  }

  #assertOnlyKnown(machine: Machine): void {
    for (const event of this.#activation.commands) {
      const type = event.eventType ?? 0;
      const stopping =
        type === EventType.EVENT_TYPE_TIMER_CANCELED || type === EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED;
      if (stopping ? !machine.cancelling : !KNOWN.has(type))
        throw mismatch(event, 'the program asked for no such thing');
    }
    const scheduling = this.#activation.commands.filter(({ eventType }) => SCHEDULING.has(eventType ?? 0));
    if (scheduling.length > 1)
      throw mismatch(scheduling[1] as HistoryEvent, 'the program asked for one action, not for two');
  }

  async #checkScheduled(machine: Machine, asked: string | null): Promise<void> {
    const event = this.scheduled;
    const { waiting } = machine;
    const requested = waiting.for === 'action' && waiting.actionId === asked && !isBlocked(waiting);
    if (event === null) {
      if (!requested) return;
      throw mismatch(
        this.#activation.completed,
        `the program asked for action ${waiting.actionId}, but nothing was scheduled`,
      );
    }
    if (!requested) throw mismatch(event, `the program asked for nothing: it waits for ${describe(waiting)}`);
    const { action, actionId } = waiting;
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (!scheduled) {
      const fires = event.timerStartedEventAttributes?.startToFireTimeout;
      const millis = Number(fires?.seconds ?? 0) * 1_000 + (fires?.nanos ?? 0) / 1_000_000;
      if (action.type === 'Sleep' && millis === Math.max(1, action.millis)) return;
      throw mismatch(event, `a timer of ${millis} ms, but the program asked for ${canonicalJson(action)}`);
    }
    const name = action.type === 'CallTool' ? action.tool : action.type === 'CallLLM' ? action.provider : null;
    if (name === null || scheduled.activityType?.name !== name || scheduled.activityId !== actionId) {
      throw mismatch(
        event,
        `activity ${scheduled.activityType?.name ?? '?'} with id ${scheduled.activityId ?? '?'}, but the program asked for ` +
          `${name ?? action.type} as ${actionId}`,
      );
    }
    const input = await reading(event, () => this.#decoder.value(scheduled.input));
    if ('input' in action && canonicalJson(input) !== canonicalJson(action.input)) {
      throw mismatch(event, `its input is not what the program gave to ${name}`);
    }
  }

  /** A run that becomes blocked tells the server so. */
  async #checkBlock({ waiting, head }: Machine, asked: string | null): Promise<void> {
    const event = this.#find(EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED);
    const id = waiting.for === 'answer' ? waiting.interruptId : waiting.for === 'action' ? waiting.actionId : null;
    const blockedHere = isBlocked(waiting) && id === asked;
    if (event === null) {
      if (!blockedHere) return;
      throw mismatch(
        this.#activation.completed,
        `the program waits for ${describe(waiting)}, but the workflow does not`,
      );
    }
    const memo = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields?.[BLOCKED_MEMO];
    const recorded = await reading(event, () => this.#decoder.value({ payloads: memo ? [memo] : [] }));
    if (!blockedHere || recorded !== head) throw mismatch(event, `the program did not block at ${String(recorded)}`);
  }

  async #checkEnd(machine: Machine, hash: Hash): Promise<CheckedEnd> {
    const event = this.closing;
    const { waiting, runId, head, state } = machine;
    if (event === null) {
      if (waiting.for !== 'nothing') return { closed: null, next: null };
      throw mismatch(this.#activation.completed, `the program is ${waiting.outcome.type}, but the workflow went on`);
    }
    const continued = event.workflowExecutionContinuedAsNewEventAttributes;
    if (continued) {
      const options = (await reading(event, () => this.#decoder.values(continued.input)))[1] as RunOptions | null;
      const carried = { checkpoint: machine.checkpoint(), hash } as unknown as Json;
      assertSame(event, options?.carried ?? null, carried, 'what the run hands on');
      return { closed: null, next: continued.newExecutionRunId ?? null };
    }
    const outcome = waiting.for === 'nothing' ? waiting.outcome.type : 'not at its end';
    const expected = EXPECTED_OUTCOMES.get(event.eventType ?? 0) ?? [];
    if (!expected.includes(outcome)) throw mismatch(event, `the program is ${outcome}`);
    const completed = event.workflowExecutionCompletedEventAttributes;
    if (completed) {
      const result = await reading(event, () => this.#decoder.value(completed.result));
      assertSame(event, result, { runId, head, hash, state }, 'the log that the run itself reports');
      return { closed: 'completed', next: null };
    }
    const failed = event.workflowExecutionFailedEventAttributes;
    if (failed) {
      const failure = await reading(event, () => this.#decoder.failure(failed.failure));
      const details = 'details' in failure && Array.isArray(failure.details) ? (failure.details as unknown[]) : [];
      const report: FailedRun = { runId, head, hash };
      assertSame(event, details[0] ?? null, report, 'the log that the run itself reports');
      return { closed: 'failed', next: null };
    }
    return { closed: 'cancelled', next: null };
  }

  #find(type: EventType): HistoryEvent | null {
    return this.#activation.commands.find(({ eventType }) => eventType === type) ?? null;
  }
}

const SCHEDULING: ReadonlySet<number> = new Set([
  EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
  EventType.EVENT_TYPE_TIMER_STARTED,
]);

const EXPECTED_OUTCOMES: ReadonlyMap<number, readonly string[]> = new Map([
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, ['completed']],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, ['failed', 'denied']],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, ['cancelled']],
]);

const CLOSING: ReadonlySet<number> = new Set([
  ...EXPECTED_OUTCOMES.keys(),
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
]);

const KNOWN: ReadonlySet<number> = new Set([
  ...SCHEDULING,
  ...CLOSING,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED,
]);

function assertSame(event: HistoryEvent, recorded: unknown, derived: unknown, what: string): void {
  if (canonicalJson(recorded) === canonicalJson(derived)) return;
  throw mismatch(
    event,
    `${what} is not what the history before it gives: something before it was changed, or the program was`,
  );
}
