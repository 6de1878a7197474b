/**
 * What a workflow answered in one activation, compared with what the machine asks for.
 *
 * Guarantees: every command of the activation is expected, and every expected one is there; so nothing was scheduled that the
 * program did not ask for, and nothing was asked for that was not scheduled.
 */
import {
  canonicalJson,
  DEFAULT_TENANT,
  describe,
  isBlocked,
  type Action,
  type ActionId,
  type DefinedProgram,
  type Hash,
  type Json,
  type Machine,
  type Program,
  type TenantId,
  type Waiting,
} from '../kernel';
import {
  ACTION_FAILED_TYPE,
  BLOCKED_MEMO,
  childArguments,
  HEARD_MEMO,
  saysWhereItStands,
  type Alone,
  type FailedRun,
  type RunOptions,
  type StandsAt,
} from '../protocol';
import { isFirst, type Activation } from './activation';
import { assertAnswerOrder, assertReceipts, assertStops, type Doings, type Running } from './answer-check';
import { assertBurst, isBurst } from './burst-check';
import type { HistoryDecoder } from './history-decoder';
import { EventType, type HistoryEvent } from './history-event';
import { mismatch, reading } from './history-mismatch';
import type { ClosedAs } from './mirror-position';
import { assertVersionAttribute, isVersionCommand, versionIn } from './version-mark';

/** What a checked activation means for the run's chain. */
export interface CheckedEnd {
  readonly closed: ClosedAs | null;
  /** The execution that goes on, after continue-as-new. */
  readonly next: string | null;
}

export class CommandCheck {
  readonly #activation: Activation;
  readonly #program: Program;
  readonly #tenant: TenantId;
  readonly #starter: string | null;
  readonly #decoder: HistoryDecoder;

  constructor(
    activation: Activation,
    program: Program,
    tenant: TenantId,
    starter: string | null,
    decoder: HistoryDecoder,
  ) {
    this.#tenant = tenant;
    this.#starter = starter;
    this.#activation = activation;
    this.#program = program;
    this.#decoder = decoder;
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
    return this.#activation.commands.find(({ eventType }) => CLOSING.has(eventType ?? 0)) ?? null;
  }

  /**
   * Compares, once the machine took the activation's inputs and steps.
   *
   * @throws KernelError `HistoryMismatch`
   */
  async against(machine: Machine, hash: Hash, doings: Doings): Promise<CheckedEnd> {
    assertAnswerOrder(this.#activation);
    assertStops(this.#activation, doings.stopped, doings.ending);
    await assertReceipts(this.#activation, doings.receipts, this.#decoder);
    await this.#checkVersion();
    await this.#checkScheduled(machine, doings);
    await this.#checkBlock(machine, hash, doings);
    return await this.#checkEnd(machine, hash);
  }

  /** What an action is while it runs; a wait is nothing that runs. */
  runs(action: Action): Running['kind'] {
    if (action.type === 'Sleep') return 'timer';
    return this.#childOf(action) === null ? 'activity' : 'child';
  }

  /** A run says in its first activation, and nowhere else, which version of the program it was made with. */
  async #checkVersion(): Promise<void> {
    const { name, version } = this.#program;
    const marks = this.#activation.commands.filter((event) => isVersionCommand(event));
    const expected = isFirst(this.#activation) ? version : 1;
    const recorded = await versionIn(this.#activation, name, this.#decoder);
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
    for (const [index, { action, actionId }] of asked.entries()) {
      const event = events[index];
      if (event === undefined) {
        throw mismatch(
          this.#activation.completed,
          `the program asked for action ${actionId}, but nothing was scheduled`,
        );
      }
      const left = alone?.actionId === actionId ? alone : null;
      if (isBurst(event) && left === null) await assertBurst(event, actionId, this.#program, machine, this.#decoder);
      else await this.#checkAction(event, action, actionId, left);
    }
  }

  async #checkAction(event: HistoryEvent, action: Action, actionId: ActionId, left: Alone | null): Promise<void> {
    if (event.startChildWorkflowExecutionInitiatedEventAttributes) {
      await this.#checkChild(event, action, actionId);
      return;
    }
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (!scheduled) {
      if (action.type !== 'Sleep') throw mismatch(event, `a timer, but the program asked for ${canonicalJson(action)}`);
      assertTimer(event, Math.max(1, action.millis), 'the program asked for');
      return;
    }
    const name = action.type === 'CallTool' ? action.tool : action.type === 'CallLLM' ? action.provider : null;
    if (
      name === null ||
      this.#childOf(action) !== null ||
      scheduled.activityType?.name !== name ||
      scheduled.activityId !== actionId
    ) {
      throw mismatch(
        event,
        `activity ${scheduled.activityType?.name ?? '?'} with id ${scheduled.activityId ?? '?'}, but the program asked for ` +
          `${name ?? action.type} as ${actionId}`,
      );
    }
    const given = await reading(event, () => this.#decoder.values(scheduled.input));
    const tried = left?.tried === undefined ? [] : [left.tried];
    if ('input' in action && canonicalJson(given) !== canonicalJson([action.input, ...tried])) {
      throw mismatch(event, `its input is not what the program gave to ${name}`);
    }
  }

  async #checkChild(event: HistoryEvent, action: Action, actionId: ActionId): Promise<void> {
    const { workflowId, workflowType, input } = event.startChildWorkflowExecutionInitiatedEventAttributes ?? {};
    const child = this.#childOf(action);
    if (child === null || workflowType?.name !== child.name || workflowId !== actionId) {
      throw mismatch(
        event,
        `child ${workflowType?.name ?? '?'} with id ${workflowId ?? '?'}, but the program asked for ` +
          `${child?.name ?? action.type} as ${actionId}`,
      );
    }
    const given = await reading(event, () => this.#decoder.values(input));
    const expected = 'input' in action ? childArguments(action.input, this.#handedDown) : [];
    if (canonicalJson(given) !== canonicalJson(expected)) {
      throw mismatch(event, `its input is not what the program gave to ${child.name}`);
    }
  }

  /** What a child gets from its parent. */
  get #handedDown(): RunOptions {
    return { tenant: this.#tenant, ...(this.#starter === null ? {} : { startedBy: this.#starter }) };
  }

  /** The program that an action starts a run of; null for actions of other kinds. */
  #childOf(action: Action): Program | null {
    if (action.type !== 'CallTool' || !('tools' in this.#program)) return null;
    const { tools } = this.#program as DefinedProgram;
    return Object.hasOwn(tools, action.tool) ? (tools[action.tool]?.program ?? null) : null;
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
    const recorded = await reading(event, () => this.#decoder.value({ payloads: memo ? [memo] : [] }));
    const expected: StandsAt = { seq, hash };
    if (!stands) throw mismatch(event, 'the workflow says where it stands, and had no reason to');
    assertSame(event, recorded, expected, 'the log that the run itself reports');
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
      const [state, given, ...more] = await reading(event, () => this.#decoder.values(continued.input));
      const { name, version } = this.#program;
      if (continued.workflowType?.name !== name || state !== null || more.length > 0) {
        throw mismatch(event, `a run of ${name} goes on as such, with what it hands on and nothing else`);
      }
      const options = given as RunOptions | null;
      const tenant = options?.tenant ?? DEFAULT_TENANT;
      if (tenant !== this.#tenant) throw mismatch(event, `it hands the run on to tenant ${tenant}`);
      const carried = { version, checkpoint: machine.checkpoint(), hash } as unknown as Json;
      assertSame(event, options?.carried ?? null, carried, 'what the run hands on');
      return { closed: null, next: continued.newExecutionRunId ?? null };
    }
    const outcome = waiting.for === 'nothing' ? waiting.outcome.type : 'not at its end';
    const expected = EXPECTED_OUTCOMES.get(event.eventType ?? 0) ?? [];
    if (!expected.includes(outcome)) throw mismatch(event, `the program is ${outcome}`);
    const completed = event.workflowExecutionCompletedEventAttributes;
    if (completed) {
      const results = await reading(event, () => this.#decoder.values(completed.result));
      assertSame(event, results, [{ runId, head, hash, state }], 'the log that the run itself reports');
      return { closed: 'completed', next: null };
    }
    const failed = event.workflowExecutionFailedEventAttributes;
    if (failed) {
      const failure = await reading(event, () => this.#decoder.failure(failed.failure));
      const details = 'details' in failure && Array.isArray(failure.details) ? (failure.details as unknown[]) : [];
      const report: FailedRun = { runId, head, hash };
      assertSame(event, details[0] ?? null, report, 'the log that the run itself reports');
      const said = { type: 'type' in failure ? failure.type : null, message: failure.message };
      if (details.length > 1 || canonicalJson(said) !== canonicalJson(endingOf(waiting))) {
        throw mismatch(event, 'it says otherwise than the program why the run failed');
      }
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
  EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
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

/** What the failure of a run says: its type and message. */
function endingOf(waiting: Waiting): { readonly type: string; readonly message: string } | null {
  const outcome = waiting.for === 'nothing' ? waiting.outcome : null;
  switch (outcome?.type) {
    case 'failed':
      return { type: ACTION_FAILED_TYPE, message: `action ${outcome.actionId} failed: ${outcome.error}` };
    case 'denied':
      return { type: outcome.code, message: outcome.reason };
    default:
      return null;
  }
}

function assertTimer(event: HistoryEvent, expectedMs: number, wanted: string): void {
  const fires = event.timerStartedEventAttributes?.startToFireTimeout;
  const millis = Number(fires?.seconds ?? 0) * 1_000 + (fires?.nanos ?? 0) / 1_000_000;
  if (fires && millis === expectedMs) return;
  throw mismatch(event, `a timer of ${millis} ms, but ${wanted} ${expectedMs} ms`);
}

function assertSame(event: HistoryEvent, recorded: unknown, derived: unknown, what: string): void {
  if (canonicalJson(recorded) === canonicalJson(derived)) return;
  throw mismatch(
    event,
    `${what} is not what the history before it gives: something before it was changed, or the program was`,
  );
}
