/**
 * What a workflow answered in one activation, compared with what the machine asks for.
 *
 * Guarantees: every command of the activation is expected, and every expected one is there; so nothing was scheduled that the
 * program did not ask for, and nothing was asked for that was not scheduled.
 */
import { describe, isBlocked, type Action, type Hash, type Machine } from '../kernel';
import { BLOCKED_MEMO, HEARD_MEMO, saysWhereItStands, type StandsAt } from '../protocol';
import { assertAction, assertTimer, childOf } from './action-check';
import { isFirst, type Activation } from './activation';
import { assertAnswerOrder, assertReceipts, assertStops, type Doings, type Running } from './answer-check';
import { assertBurst, isBurst } from './burst-check';
import type { CheckedRun } from './checked-run';
import { checkEnd, closingOf, type CheckedEnd } from './end-check';
import { EventType, type HistoryEvent } from './history-event';
import { assertSame, mismatch, reading } from './history-mismatch';
import { assertVersionAttribute, isVersionCommand, versionIn } from './version-mark';

export class CommandCheck {
  readonly #activation: Activation;
  readonly #run: CheckedRun;

  constructor(activation: Activation, run: CheckedRun) {
    this.#activation = activation;
    this.#run = run;
  }

  /** The events that began something, in order: actions, or the timer of an ask. */
  get scheduled(): readonly HistoryEvent[] {
    return this.#activation.commands.filter(({ eventType }) => SCHEDULING.has(eventType ?? 0));
  }

  get timersStarted(): readonly HistoryEvent[] {
    return this.#activation.commands.filter(({ eventType }) => eventType === EventType.EVENT_TYPE_TIMER_STARTED);
  }

  /** The event that ended a timer. */
  timerCanceled(startedEventId: number): HistoryEvent | null {
    const isOf = (event: HistoryEvent): boolean =>
      Number(event.timerCanceledEventAttributes?.startedEventId ?? 0) === startedEventId;
    return this.#activation.commands.find((event) => event.timerCanceledEventAttributes && isOf(event)) ?? null;
  }

  get continuedAsNew(): HistoryEvent | null {
    return this.#find(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW);
  }

  /** The event that closed the execution, if the activation did. */
  get closing(): HistoryEvent | null {
    return closingOf(this.#activation);
  }

  /**
   * Compares, once the machine took the activation's inputs and steps.
   *
   * @throws KernelError `HistoryMismatch`
   */
  async against(machine: Machine, hash: Hash, doings: Doings): Promise<CheckedEnd> {
    assertAnswerOrder(this.#activation);
    assertStops(this.#activation, doings.stopped, doings.ending);
    await assertReceipts(this.#activation, doings.receipts, this.#run.decoder);
    await this.#checkVersion();
    await this.#checkScheduled(machine, doings);
    await this.#checkBlock(machine, hash, doings);
    return await checkEnd(this.#activation, machine, hash, this.#run);
  }

  /** What an action is while it runs; a wait is nothing that runs. */
  runs(action: Action): Running['kind'] {
    if (action.type === 'Sleep') return 'timer';
    return childOf(this.#run.program, action) === null ? 'activity' : 'child';
  }

  /** A run says in its first activation, and nowhere else, which version of the program it was made with. */
  async #checkVersion(): Promise<void> {
    const { name, version } = this.#run.program;
    const marks = this.#activation.commands.filter((event) => isVersionCommand(event));
    const expected = isFirst(this.#activation) ? version : 1;
    const recorded = await versionIn(this.#activation, name, this.#run.decoder);
    if (recorded === expected && marks.length === (expected === 1 ? 0 : 2)) {
      if (marks[1] !== undefined) assertVersionAttribute(marks[1], name, version);
      return;
    }
    throw mismatch(
      marks[0] ?? this.#activation.completed,
      `it speaks of version ${recorded} of ${name}, not ${expected}`,
    );
  }

  async #checkScheduled(machine: Machine, { asked, alarm, alone }: Doings): Promise<void> {
    const events = this.scheduled;
    if (alarm !== null) {
      const [event] = events;
      if (event === undefined) throw mismatch(this.#activation.completed, 'an ask needs a timer, but none began');
      assertTimer(event, alarm.afterMs, 'the ask needs one of');
    }
    const expected = alarm === null ? asked.length : 1;
    const stranger = events[expected];
    if (stranger !== undefined) throw mismatch(stranger, 'the program asked for no such thing');
    for (const [index, pending] of asked.entries()) {
      const { actionId } = pending;
      const event = events[index];
      if (event === undefined) {
        throw mismatch(
          this.#activation.completed,
          `the program asked for action ${actionId}, but nothing was scheduled`,
        );
      }
      const left = alone?.actionId === actionId ? alone : null;
      if (isBurst(event) && left === null) await assertBurst(event, actionId, machine, this.#run);
      else await assertAction(event, pending, left, this.#run);
    }
  }

  /** A run says where it stands by the rule of `saysWhereItStands`; not when it ends or is handed on. */
  async #checkBlock(
    { waiting, head: seq }: Machine,
    hash: Hash,
    { hasGrown, hasHeard, receipts }: Doings,
  ): Promise<void> {
    const event = this.#find(EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED);
    const hasVouched = receipts.some((receipt) => receipt.hash !== undefined);
    const stands = this.closing === null && saysWhereItStands({ waiting, hasGrown, hasHeard, hasVouched });
    if (event === null) {
      if (!stands) return;
      throw mismatch(
        this.#activation.completed,
        `the program waits for ${describe(waiting)}, but the workflow does not say where it stands`,
      );
    }
    const memoName = isBlocked(waiting) ? BLOCKED_MEMO : HEARD_MEMO;
    const fields = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields ?? {};
    const stranger = Object.keys(fields).find((name) => name !== memoName);
    if (stranger !== undefined) throw mismatch(event, `the memo ${stranger} is not the one of this task, ${memoName}`);
    const memo = Object.hasOwn(fields, memoName) ? fields[memoName] : undefined;
    const recorded = await reading(event, () => this.#run.decoder.value({ payloads: memo ? [memo] : [] }));
    const expected: StandsAt = { seq, hash };
    if (!stands) throw mismatch(event, 'the workflow says where it stands, and had no reason to');
    assertSame(event, recorded, expected, 'the log that the run itself reports');
  }

  #find(type: EventType): HistoryEvent | null {
    return this.#activation.commands.find(({ eventType }) => eventType === type) ?? null;
  }
}

const SCHEDULING: ReadonlySet<number> = new Set([
  EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
  EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
  EventType.EVENT_TYPE_TIMER_STARTED,
]);
