/**
 * The machine: a run as a pure state machine. The step loop is written here and nowhere else.
 *
 * It is told what happened outside (`deliver`), takes steps (`advance`), and says what it waits for (`waiting`). It appends
 * events, numbers them from 1 and reduces each one. It performs no I/O, reads no clock and knows nothing of Temporal; three
 * shells drive it: the in-process `Kernel`, the Temporal workflow, and the mirror of a history.
 *
 * Guarantees: the same program, start and inputs give the same events and states, however the inputs are spread over calls,
 * as long as a shell delivers all it has before it advances. An error leaves the machine as it was.
 */
import { CANCELLED_ERROR, type Action, type ActionResult } from './action';
import { admit } from './action-admission';
import { endingOf, hasFailed, isFailing, readResult, runningOf, type Ending } from './action-ending';
import { answeredBy, elapsedValue, type Answered } from './answering';
import { ASK_TAG } from './ask';
import type { Ballot } from './ballot';
import { NOTHING_SPENT, spentAfter } from './budget';
import { KernelError } from './error';
import type { Event, SequencedEvent } from './event';
import { sealEvent } from './event-wire';
import { actionIdOf, assertRunId, type ActionId, type RunId, type Seq } from './identity';
import { examineInput } from './input-examination';
import { sealJson, type Json } from './json';
import type { Checkpoint, Entry, Input, PauseRequest, Refusal } from './machine-input';
import { goesOnOf, replayed, type KnownState, type Lineage } from './machine-replay';
import { checkpointOf, standingOf, type Standing } from './machine-standing';
import type { Program } from './program';
import { assertProgramAsks, encodeResumption, resumptionIn, type Vote } from './resumption';
import type { Next } from './step';
import { stateUpdatedOf } from './step-event';
import {
  isPaused,
  pendingActionsOf,
  STEP,
  waitingAfter,
  type GoesOn,
  type PendingAction,
  type Waiting,
} from './waiting';

/** Steps without anything from outside; a program that takes more is taken to loop. */
export const STEPS_WITHOUT_INPUT_MAX = 100_000;

/** Ids of inputs that a run remembers, so that what is delivered again counts once. */
export const TAKEN_IDS_MAX = 1_000;

const CANCELLED: Waiting = { for: 'nothing', outcome: { type: 'cancelled' } };

/** A run of a program. */
export class Machine {
  readonly runId: RunId;
  readonly #program: Program;
  #at: Standing;
  readonly #goesOn: GoesOn;
  #stepsWithoutInput = 0;
  #entries: Entry[] = [];

  private constructor(program: Program, from: Checkpoint) {
    assertRunId(from.runId);
    this.runId = from.runId;
    this.#program = program;
    this.#at = standingOf(from);
    this.#goesOn = goesOnOf(program);
    this.#endDenied();
  }

  /**
   * A new run.
   *
   * @param starter who starts it: asks with dual control need to know
   * @throws KernelError `InvalidInitialState`, `InvalidRunId`
   */
  static start(
    program: Program,
    runId: RunId,
    initialState: unknown,
    { starter, spent = NOTHING_SPENT }: Lineage = {},
  ): Machine {
    return new Machine(program, {
      runId,
      head: 0,
      state: program.initialState(initialState),
      waiting: STEP,
      inbox: [],
      signals: [],
      cancelling: false,
      spent,
      ...(starter === undefined ? {} : { starter }),
    });
  }

  /** A run that goes on from a checkpoint. */
  static restore(program: Program, checkpoint: Checkpoint): Machine {
    return new Machine(program, checkpoint);
  }

  /**
   * A run that goes on from its log: the events after a known state are reduced, and the last ones say what it waits for.
   *
   * @param before the log's events before `tail`, as many as say what the run waited for: one, or all where that one
   *   `needsContext`
   */
  static replay(
    program: Program,
    from: KnownState,
    tail: readonly SequencedEvent[],
    before: readonly SequencedEvent[] = [],
  ): Machine {
    return new Machine(program, replayed(program, from, tail, before));
  }

  /** The state after the last event. */
  get state(): Json {
    return this.#at.state;
  }

  /** The seq of the last event. */
  get head(): Seq {
    return this.#at.head;
  }

  /** What the run waits for. */
  get waiting(): Waiting {
    return this.#at.waiting;
  }

  /** Whether an action failed for good and the run fails with it, as soon as the actions beside it have ended. */
  get failing(): boolean {
    return isFailing(this.#at.waiting, this.#at.collected, this.#goesOn);
  }

  /** The actions that are to be done and have no result yet, not even one that waits for its companions. Denied ones are not done. */
  get running(): readonly PendingAction[] {
    return runningOf(this.#at.waiting, this.#at.collected);
  }

  /** Whether a cancel was delivered. */
  get cancelling(): boolean {
    return this.#at.cancelling;
  }

  /** Takes the entries that were appended since the last call. */
  drain(): readonly Entry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }

  /** All that the machine is. Undrained entries are not part of it. */
  checkpoint(): Checkpoint {
    return checkpointOf(this.#at);
  }

  /** Says whether `deliver` would refuse an input, and why. Changes nothing. */
  refusalOf(input: Input): Refusal | null {
    const examined = examineInput(this.#program, this.#at, input);
    return 'refusal' in examined ? examined.refusal : null;
  }

  /**
   * Takes an input. A resume is appended as `Resumed` now, or at the next boundary when the run is inside an action.
   *
   * @returns why the input is refused, or null
   */
  deliver(input: Input): Refusal | null {
    const examined = examineInput(this.#program, this.#at, input);
    if ('refusal' in examined) return examined.refusal;
    switch (input.type) {
      case 'resume':
        this.#resume(examined.value, { by: input.by ?? null, roles: input.roles ?? [] });
        break;
      case 'signal':
        this.#signal(input.name, examined.value);
        break;
      case 'result':
        this.#collect(input.actionId, input.result, input.more ?? false);
        break;
      case 'elapsed':
        this.#answer(elapsedValue(input.interruptId, (this.#at.waiting as { readonly ballot: Ballot }).ballot));
        break;
      case 'pause':
        this.#pause({ by: input.by ?? null, reason: input.reason ?? null });
        break;
      case 'unpause':
        this.#unpause(input.by ?? null);
        break;
      case 'steer':
        this.#take(encodeResumption({ type: 'steer', steer: { message: examined.value, by: input.by ?? null } }));
        break;
      case 'cancel':
        this.#cancel();
        break;
    }
    if ('id' in input && input.id !== undefined) {
      this.#at = { ...this.#at, taken: [...this.#at.taken, input.id].slice(-TAKEN_IDS_MAX) };
    }
    this.#stepsWithoutInput = 0;
    return null;
  }

  /**
   * Takes one step.
   *
   * @throws KernelError when the program is broken or breaks a rule; the machine is then as it was
   */
  advance(): void {
    if (this.#at.waiting.for !== 'step')
      throw new KernelError('Driver', `the run waits for ${this.#at.waiting.for}, not for a step`);
    if (this.#stepsWithoutInput >= STEPS_WITHOUT_INPUT_MAX) {
      throw new KernelError(
        'StepLimit',
        `${this.#program.name} took ${STEPS_WITHOUT_INPUT_MAX} steps without asking for anything from outside: does it loop?`,
      );
    }
    const next = this.#program.step(this.#at.state) as Next | undefined;
    switch (next?.type) {
      case 'Emit':
        this.#append(next.events.map(stateUpdatedOf));
        break;
      case 'Do':
        this.#request([next.action]);
        break;
      case 'DoAll':
        this.#request(next.actions);
        break;
      case 'Interrupt':
        assertProgramAsks(next.info.value);
        this.#append([{ type: 'Interrupted', value: sealJson(next.info.value) }]);
        break;
      case 'Complete':
        this.#append([{ type: 'Completed' }]);
        break;
      default:
        throw new KernelError(
          'Driver',
          `step of ${this.#program.name} returned ${JSON.stringify(next)}, which is no Next`,
        );
    }
    this.#stepsWithoutInput += 1;
  }

  #request(actions: readonly Action[]): void {
    const approvals = this.#at.waiting.for === 'step' ? (this.#at.waiting.approvals ?? []) : [];
    const admission = admit(this.#program, this.runId, actions, approvals, this.#at.spent);
    switch (admission.type) {
      case 'denied':
        this.#at = { ...this.#at, waiting: { for: 'nothing', outcome: admission } };
        return;
      case 'asks':
        this.#append([{ type: 'Interrupted', value: sealJson({ [ASK_TAG]: admission.ask as unknown as Json }) }]);
        return;
      case 'admitted':
        break;
    }
    const pending = admission.actions.map(({ payload, ...admitted }, index) => {
      return { ...admitted, payload, actionId: actionIdOf(this.runId, this.#at.head + 1 + index) };
    });
    const requested = pending.map(({ actionId, payload }): Event => ({ type: 'ActionRequested', actionId, payload }));
    const ending = endingOf(pending, [], this.#goesOn);
    if (ending !== null) {
      this.#end(ending, requested);
      return;
    }
    const early = this.#earlySignalFor(actions);
    if (early === null) {
      this.#append(requested);
      return;
    }
    const { value } = this.#at.signals[early] as Checkpoint['signals'][number];
    const result = readResult(this.#program, actions[0] as Action, { type: 'success', output: value });
    const collected = pending.map(({ actionId }) => ({ actionId, result }));
    this.#end(endingOf(pending, collected, this.#goesOn) as Ending, requested);
    this.#at = { ...this.#at, signals: this.#at.signals.toSpliced(early, 1) };
  }

  /** Where the signal stands that came before it was waited for; null when none did. */
  #earlySignalFor([action]: readonly Action[]): number | null {
    if (action?.type !== 'WaitSignal') return null;
    const early = this.#at.signals.findIndex(({ name }) => name === action.name);
    return early === -1 ? null : early;
  }

  #resume(value: Json, { by, roles }: Omit<Vote, 'value'>): void {
    const waiting = this.#at.waiting;
    if (waiting.for === 'answer' && waiting.ballot !== undefined) {
      const { interruptId, ballot } = waiting;
      this.#answer(answeredBy(interruptId, ballot, { by, roles, value }, this.#at.starter));
    } else {
      this.#take(value);
    }
  }

  /** Takes a value that goes to the program at a boundary: now, where this is one or the value answers, and else later. */
  #take(value: Json): void {
    const waiting = this.#at.waiting;
    const isAnswer = waiting.for === 'answer' && !isPaused(waiting) && resumptionIn(value) === null;
    if (waiting.for === 'step') this.#append([{ type: 'Resumed', value }]);
    else if (isAnswer) this.#goOn([value]);
    else this.#at = { ...this.#at, inbox: [...this.#at.inbox, value] };
  }

  #answer({ value, settles }: Answered): void {
    if (settles) this.#goOn([value]);
    else this.#append([{ type: 'Resumed', value }]);
  }

  #pause(pause: PauseRequest): void {
    if (this.#at.waiting.for === 'step') this.#goOn([], [], pause);
    else this.#at = { ...this.#at, pausing: pause };
  }

  #unpause(by: string | null): void {
    if (isPaused(this.#at.waiting)) this.#goOn([encodeResumption({ type: 'unpause', unpause: { by } })]);
    else this.#at = { ...this.#at, pausing: null };
  }

  /** Appends what leads to a boundary, then what has waited for one, and stops there if somebody asked for a pause. */
  #goOn(values: readonly Json[], before: readonly Event[] = [], pause = this.#at.pausing): void {
    const resumed = [...values, ...this.#at.inbox].map((value): Event => ({ type: 'Resumed', value }));
    const paused: readonly Event[] =
      pause === null ? [] : [{ type: 'Interrupted', value: encodeResumption({ type: 'pause', pause }) }];
    this.#append([...before, ...resumed, ...paused], { inbox: [], pausing: null, collected: [] });
  }

  #signal(name: string, value: Json): void {
    const waiting = this.#at.waiting;
    if (waiting.for === 'action' && waiting.action.type === 'WaitSignal' && waiting.action.name === name) {
      this.#collect(waiting.actionId, { type: 'success', output: value });
    } else if (this.#program.awaitsSignal(name)) {
      this.#at = { ...this.#at, signals: [...this.#at.signals, { name, value }] };
    } else {
      this.#resume(value, { by: null, roles: [] });
    }
  }

  /** Keeps a result until all actions that were asked for together have one: the log has them in the order of the asking. */
  #collect(actionId: ActionId, given: ActionResult, more = false): void {
    const { action } = this.running.find((pending) => pending.actionId === actionId) as PendingAction;
    const collected = [...this.#at.collected, { actionId, result: readResult(this.#program, action, given) }];
    const ending = endingOf(pendingActionsOf(this.#at.waiting), collected, this.#goesOn);
    if (ending === null) this.#at = { ...this.#at, collected };
    else if (more) this.#append(ending.events, { collected: [] });
    else this.#end(ending);
  }

  /** A log that stops between the request of denied actions and their end, as a fork's can: they end now. */
  #endDenied(): void {
    const pending = pendingActionsOf(this.#at.waiting);
    const ending = pending.length === 0 ? null : endingOf(pending, this.#at.collected, this.#goesOn);
    if (ending !== null) this.#end(ending);
  }

  /** @param before events of the same batch: an early signal ends its action together with the request */
  #end({ events, ...ending }: Ending, before: readonly Event[] = []): void {
    const ended = [...before, ...events];
    const isFatal = ending.isFatal || hasFailed(this.#at.waiting);
    if (!this.#at.cancelling && !isFatal) {
      this.#goOn([], ended);
      return;
    }
    const unread = isFatal ? [] : this.#at.inbox;
    this.#append([...ended, ...unread.map((value): Event => ({ type: 'Resumed', value }))], {
      inbox: [],
      collected: [],
      ...(this.#at.cancelling ? { waiting: CANCELLED } : {}),
    });
  }

  #cancel(): void {
    const waiting = this.#at.waiting;
    if (pendingActionsOf(waiting).length === 0) {
      this.#at = { ...this.#at, waiting: CANCELLED };
    } else if (waiting.for === 'action' && waiting.action.type === 'WaitSignal') {
      this.#append([{ type: 'ActionFailed', actionId: waiting.actionId, error: CANCELLED_ERROR }], {
        waiting: CANCELLED,
      });
    }
    // Any other action is waited for: what it did, or that it was stopped, is part of the story.
    this.#at = { ...this.#at, cancelling: true };
  }

  /**
   * Reduces a batch first and appends it whole after that, so that a failing `reduce` leaves nothing behind.
   *
   * @param then what else is so then, and what the run waits for where the log does not say it
   */
  #append(events: readonly Event[], then: Partial<Standing> = {}): void {
    let state = this.#at.state;
    let spent = this.#at.spent;
    let waiting = this.#at.waiting;
    const entries = events.map((event, index): Entry => {
      const seq = this.#at.head + 1 + index;
      const sealed = sealEvent(event);
      state = this.#program.reduce(state, sealed, seq);
      spent = spentAfter(spent, waiting, sealed);
      waiting = waitingAfter(this.runId, { seq, event: sealed }, waiting, this.#goesOn);
      return { seq, event: sealed, state };
    });
    this.#entries.push(...entries);
    this.#at = {
      ...this.#at,
      ...then,
      head: this.#at.head + entries.length,
      state,
      spent,
      waiting: then.waiting ?? waiting,
    };
  }
}
