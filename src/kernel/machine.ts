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
import { encodeAction, type Action, type ActionResult } from './action';
import { NOTHING_SPENT, overrunOf, spentAfter, type Spent } from './budget';
import { guarded } from './determinism-guard';
import { KernelError, messageOf } from './error';
import type { Event, SequencedEvent } from './event';
import { sealEvent } from './event-wire';
import { actionIdOf, assertRunId, interruptIdOf, type RunId, type Seq } from './identity';
import { examineInput, type Examined } from './input-examination';
import { sealJson, type Json } from './json';
import type { Checkpoint, Entry, Input, Refusal } from './machine-input';
import type { Program } from './program';
import type { InterruptInfo, Next } from './step';
import { STEP, waitingAfter, type DenialCode, type Waiting } from './waiting';

/** Steps without anything from outside; a program that takes more is taken to loop. */
export const STEPS_WITHOUT_INPUT_MAX = 100_000;

/** The text that the log keeps of an action that ended because its run was cancelled. */
export const CANCELLED_ERROR = 'cancelled';

type WaitingForAction = Extract<Waiting, { for: 'action' }>;

/** A run of a program. */
export class Machine {
  readonly runId: RunId;
  readonly #program: Program;
  #head: Seq;
  #state: Json;
  #waiting: Waiting;
  #inbox: readonly Json[];
  #signals: Checkpoint['signals'];
  #cancelling: boolean;
  #spent: Spent;
  #stepsWithoutInput = 0;
  #entries: Entry[] = [];

  private constructor(program: Program, from: Checkpoint) {
    assertRunId(from.runId);
    this.runId = from.runId;
    this.#program = program;
    this.#head = from.head;
    this.#state = sealJson(from.state);
    this.#waiting = from.waiting;
    this.#inbox = from.inbox;
    this.#signals = from.signals;
    this.#cancelling = from.cancelling;
    this.#spent = from.spent;
  }

  /**
   * A new run.
   *
   * @throws KernelError `InvalidInitialState`, `InvalidRunId`
   */
  static start(program: Program, runId: RunId, initialState: unknown): Machine {
    return new Machine(program, {
      runId,
      head: 0,
      state: program.initialState(initialState),
      waiting: STEP,
      inbox: [],
      signals: [],
      cancelling: false,
      spent: NOTHING_SPENT,
    });
  }

  /** A run that goes on from a checkpoint. */
  static restore(program: Program, checkpoint: Checkpoint): Machine {
    return new Machine(program, checkpoint);
  }

  /**
   * A run that goes on from its log: the events after a known state are reduced, and the last ones say what it waits for.
   *
   * @param before the log's last event before `tail`, where there is one: with an empty tail it says what the run waits for
   */
  static replay(
    program: Program,
    from: { readonly runId: RunId; readonly head: Seq; readonly state: Json; readonly spent: Spent },
    tail: readonly SequencedEvent[],
    before: SequencedEvent | null = null,
  ): Machine {
    let { state, spent } = from;
    let waiting = before === null ? STEP : waitingAfter(from.runId, before, STEP);
    for (const sequenced of tail) {
      state = program.reduce(state, sequenced.event, sequenced.seq);
      spent = spentAfter(spent, waiting, sequenced.event);
      waiting = waitingAfter(from.runId, sequenced, waiting);
    }
    const head = tail.at(-1)?.seq ?? from.head;
    const { runId } = from;
    return new Machine(program, { runId, head, state, waiting, inbox: [], signals: [], cancelling: false, spent });
  }

  /** The state after the last event. */
  get state(): Json {
    return this.#state;
  }

  /** The seq of the last event. */
  get head(): Seq {
    return this.#head;
  }

  /** What the run waits for. */
  get waiting(): Waiting {
    return this.#waiting;
  }

  /** Whether a cancel was delivered. */
  get cancelling(): boolean {
    return this.#cancelling;
  }

  /** Takes the entries that were appended since the last call. */
  drain(): readonly Entry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }

  /** All that the machine is. Undrained entries are not part of it. */
  checkpoint(): Checkpoint {
    return {
      runId: this.runId,
      head: this.#head,
      state: this.#state,
      waiting: this.#waiting,
      inbox: this.#inbox,
      signals: this.#signals,
      cancelling: this.#cancelling,
      spent: this.#spent,
    };
  }

  /** Says whether `deliver` would refuse an input, and why. Changes nothing. */
  refusalOf(input: Input): Refusal | null {
    const examined = this.#examine(input);
    return 'refusal' in examined ? examined.refusal : null;
  }

  /**
   * Takes an input. A resume is appended as `Resumed` now, or at the next boundary when the run is inside an action.
   *
   * @returns why the input is refused, or null
   */
  deliver(input: Input): Refusal | null {
    const examined = this.#examine(input);
    if ('refusal' in examined) return examined.refusal;
    switch (input.type) {
      case 'resume':
        this.#resume(examined.value);
        break;
      case 'signal':
        this.#signal(input.name, examined.value);
        break;
      case 'result':
        this.#finishAction(this.#waiting as WaitingForAction, input.result);
        break;
      case 'cancel':
        this.#cancel();
        break;
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
    if (this.#waiting.for !== 'step')
      throw new KernelError('Driver', `the run waits for ${this.#waiting.for}, not for a step`);
    if (this.#stepsWithoutInput >= STEPS_WITHOUT_INPUT_MAX) {
      throw new KernelError(
        'StepLimit',
        `${this.#program.name} took ${STEPS_WITHOUT_INPUT_MAX} steps without asking for anything from outside: does it loop?`,
      );
    }
    const next = this.#program.step(this.#state) as Next | undefined;
    switch (next?.type) {
      case 'Emit':
        this.#append(next.events.map(stateUpdatedOf), STEP);
        break;
      case 'Do':
        this.#request(next.action);
        break;
      case 'Interrupt': {
        const interrupt: InterruptInfo = { value: sealJson(next.info.value) };
        this.#append([{ type: 'Interrupted', value: interrupt.value }], {
          for: 'answer',
          interruptId: interruptIdOf(this.runId, this.#head + 1),
          interrupt,
        });
        break;
      }
      case 'Complete':
        this.#append([{ type: 'Completed' }], { for: 'nothing', outcome: { type: 'completed' } });
        break;
      default:
        throw new KernelError(
          'Driver',
          `step of ${this.#program.name} returned ${JSON.stringify(next)}, which is no Next`,
        );
    }
    this.#stepsWithoutInput += 1;
  }

  #request(action: Action): void {
    this.#program.checkAction(action);
    const payload = sealJson(encodeAction(action));
    const denial = guarded('policy', () => this.#denialOf(action));
    if (denial !== null) {
      this.#waiting = { for: 'nothing', outcome: { type: 'denied', ...denial } };
      return;
    }
    const actionId = actionIdOf(this.runId, this.#head + 1);
    const requested: Event = { type: 'ActionRequested', actionId, payload };
    const waiting: WaitingForAction = { for: 'action', actionId, action };
    const early = action.type === 'WaitSignal' ? this.#signals.findIndex(({ name }) => name === action.name) : -1;
    const signal = this.#signals[early];
    if (signal === undefined) {
      this.#append([requested], waiting);
    } else {
      this.#finishAction(waiting, { type: 'success', output: signal.value }, [requested]);
      this.#signals = this.#signals.toSpliced(early, 1);
    }
  }

  #denialOf(action: Action): { readonly code: DenialCode; readonly reason: string } | null {
    const { policy } = this.#program;
    const authorization = policy.authorize(this.runId, action, { spent: this.#spent });
    if (authorization.type === 'deny') return { code: 'PolicyDenied', reason: authorization.reason };
    const overrun = overrunOf(policy.budget?.() ?? {}, this.#spent, action);
    return overrun === null ? null : { code: 'BudgetExceeded', reason: overrun };
  }

  #resume(value: Json): void {
    if (this.#waiting.for === 'action') this.#inbox = [...this.#inbox, value];
    else this.#append([{ type: 'Resumed', value }], STEP);
  }

  #signal(name: string, value: Json): void {
    const waiting = this.#waiting;
    if (waiting.for === 'action' && waiting.action.type === 'WaitSignal' && waiting.action.name === name) {
      this.#finishAction(waiting, { type: 'success', output: value });
    } else if (this.#program.awaitsSignal(name)) {
      this.#signals = [...this.#signals, { name, value }];
    } else {
      this.#resume(value);
    }
  }

  /** @param before events of the same batch: an early signal ends its action together with the request */
  #finishAction({ actionId, action }: WaitingForAction, given: ActionResult, before: readonly Event[] = []): void {
    const result = this.#resultOf(action, given);
    if (result.type === 'failure') {
      const { error } = result;
      this.#append([...before, { type: 'ActionFailed', actionId, error }], {
        for: 'nothing',
        outcome: this.#cancelling ? { type: 'cancelled' } : { type: 'failed', actionId, error },
      });
      return;
    }
    const succeeded: Event = { type: 'ActionSucceeded', actionId, output: result.output };
    const resumed = this.#inbox.map((value): Event => ({ type: 'Resumed', value }));
    const after: Waiting = this.#cancelling ? { for: 'nothing', outcome: { type: 'cancelled' } } : STEP;
    this.#append([...before, succeeded, ...resumed], after);
    this.#inbox = [];
  }

  /** What the log can't say (no JSON, no well-formed text) must not stop the run for ever: it is a failure like any other. */
  #resultOf(action: Action, given: ActionResult): ActionResult {
    if (given.type === 'failure') return { type: 'failure', error: given.error.toWellFormed() };
    let output: Json;
    try {
      output = sealJson(given.output);
    } catch (error) {
      return { type: 'failure', error: new KernelError('Executor', `output is refused: ${messageOf(error)}`).message };
    }
    return this.#program.readOutput(action, output);
  }

  #cancel(): void {
    const waiting = this.#waiting;
    const cancelled: Waiting = { for: 'nothing', outcome: { type: 'cancelled' } };
    if (waiting.for !== 'action') {
      this.#waiting = cancelled;
    } else if (waiting.action.type === 'WaitSignal') {
      this.#append([{ type: 'ActionFailed', actionId: waiting.actionId, error: CANCELLED_ERROR }], cancelled);
    }
    // Any other action is waited for: what it did, or that it was stopped, is part of the story.
    this.#cancelling = true;
  }

  /** Reduces a batch first and appends it whole after that, so that a failing `reduce` leaves nothing behind. */
  #append(events: readonly Event[], waiting: Waiting): void {
    let state = this.#state;
    let spent = this.#spent;
    const entries = events.map((event, index): Entry => {
      const seq = this.#head + 1 + index;
      const sealed = sealEvent(event);
      state = this.#program.reduce(state, sealed, seq);
      spent = spentAfter(spent, this.#waiting, sealed);
      return { seq, event: sealed, state };
    });
    this.#entries.push(...entries);
    this.#head += entries.length;
    this.#state = state;
    this.#spent = spent;
    this.#waiting = waiting;
  }

  #examine(input: Input): Examined {
    const unread = this.#inbox.length + this.#signals.length;
    return examineInput(this.#program, { waiting: this.#waiting, cancelling: this.#cancelling, unread }, input);
  }
}

/** A step's event as the log will have it, so that `reduce` sees the same now and in a replay. */
function stateUpdatedOf(event: Event): Event {
  if (event.type === 'StateUpdated') {
    return { type: 'StateUpdated', stepId: event.stepId ?? null, payload: event.payload };
  }
  throw new KernelError(
    'Driver',
    `a step may emit StateUpdated and nothing else, not ${event.type}: the kernel writes the rest`,
  );
}
