/**
 * The fold: a history through the machine, to the events that the workflow itself produced.
 *
 * Each activation's inputs are delivered in the order in which the workflow's shell delivers them. Then the machine steps, and what it asks for is compared with what history shows was asked for. Where they differ the fold stops
 * with an error that names the history event.
 *
 * It must not do I/O of its own: events come in, entries go out.
 */
import {
  isKernelError,
  isToDo,
  Machine,
  messageOf,
  NOTHING_SPENT,
  ownIdOf,
  takeStretch,
  type ActionId,
  type ActionResult,
  type Checkpoint,
  type Entry,
  type Hash,
  type Input,
  type Origin,
  type PendingAction,
  type RunId,
  type RunRecord,
  type TenantId,
} from '../kernel';
import { readBurst, resultOfFailure, type Alone, type AnswerReceipt, type BurstOutcome } from '../protocol';
import type { Activation, Closure } from './activation';
import { inputsOf, type HeardInput } from './activation-inputs';
import { AskAlarm } from './ask-alarm';
import type { CheckedRun } from './checked-run';
import { CommandCheck } from './command-check';
import type { FoldParts } from './fold-parts';
import { FoldedLog } from './folded-log';
import { EntryOrigins } from './entry-origins';
import { EventType, eventIdOf, eventTimeMsOf, type HistoryEvent } from './history-event';
import { mismatch } from './history-mismatch';
import { ScheduledActions } from './scheduled-actions';
import type { ClosedAs, MirrorPosition } from './mirror-position';

export class RunFold {
  readonly #run: CheckedRun;
  readonly #machine: Machine;
  #executionId: string;
  readonly #log: FoldedLog;
  #lastEventId: number;
  readonly #origins: EntryOrigins;
  #scheduled: ScheduledActions;
  readonly #alarm: AskAlarm;
  #closed: ClosedAs | null;
  #next: string | null;
  /** The action that a burst of this activation left to an activity of its own. */
  #alone: Alone | null = null;
  /** The action that a burst of this activation was begun for, and did not do: it is asked for again. */
  #again: ActionId | null = null;
  /** The head of the log after each answer that was accepted in this activation. */
  #receipts: AnswerReceipt[] = [];

  private constructor(
    { output, ...parts }: FoldParts,
    logId: RunId,
    machine: Machine,
    from: Omit<MirrorPosition, 'checkpoint'>,
  ) {
    this.#run = { ...parts, starter: machine.checkpoint().starter ?? null };
    this.#log = new FoldedLog(logId, from, output);
    this.#machine = machine;
    this.#executionId = from.executionId;
    this.#lastEventId = from.lastEventId;
    this.#origins = new EntryOrigins(from);
    this.#scheduled = new ScheduledActions(from.scheduled);
    this.#alarm = new AskAlarm(from.alarm);
    this.#closed = from.closed;
    this.#next = from.nextExecutionId;
  }

  /** A fold from a run's first event on. */
  static start(parts: FoldParts, run: RunRecord): RunFold {
    // The record has the state that the program made of what the run was given; making it again could give another.
    const { startedBy, forkedFrom } = run;
    const from = {
      runId: ownIdOf(run),
      head: 0,
      state: run.initialState,
      spent: forkedFrom?.spent ?? NOTHING_SPENT,
      starter: startedBy ?? undefined,
    };
    const machine = Machine.replay(parts.program, from, []);
    return new RunFold(parts, run.runId, machine, {
      executionId: run.firstExecutionId,
      lastEventId: 0,
      hash: run.genesisHash,
      seal: run.genesisHash,
      inboxOrigins: [],
      signalOrigins: [],
      collectedOrigins: [],
      pauseOrigin: null,
      scheduled: [],
      alarm: null,
      closed: null,
      nextExecutionId: null,
    });
  }

  /** A fold that goes on. */
  static resume(parts: FoldParts, logId: RunId, position: MirrorPosition): RunFold {
    return new RunFold(parts, logId, Machine.restore(parts.program, position.checkpoint), position);
  }

  /** The version of the program that the run was made with. */
  get version(): number {
    return this.#run.program.version;
  }

  get tenant(): TenantId {
    return this.#run.tenant;
  }

  get programName(): string {
    return this.#run.program.name;
  }

  get machine(): Machine {
    return this.#machine;
  }

  get hash(): Hash {
    return this.#log.hash;
  }

  get executionId(): string {
    return this.#executionId;
  }

  /** The next execution of the chain, when the last activation continued as new. */
  get nextExecutionId(): string | null {
    return this.#next;
  }

  position(): MirrorPosition {
    return {
      executionId: this.#executionId,
      lastEventId: this.#lastEventId,
      checkpoint: this.#machine.checkpoint(),
      hash: this.#log.hash,
      seal: this.#log.seal,
      ...this.#origins.waiting,
      scheduled: this.#scheduled.list,
      alarm: this.#alarm.scheduled,
      closed: this.#closed,
      nextExecutionId: this.#next,
    };
  }

  /** Goes on with the next execution of the chain. */
  enterExecution(executionId: string): void {
    this.#executionId = executionId;
    this.#lastEventId = 0;
    this.#next = null;
    this.#scheduled = new ScheduledActions([]);
  }

  /**
   * Folds what became whole.
   *
   * @throws KernelError `HistoryMismatch`, naming the event; what was given out of this activation must not be kept then
   */
  async feed(whole: Activation | Closure): Promise<void> {
    if ('closed' in whole) {
      this.#closed =
        whole.closed.eventType === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED ? 'terminated' : 'timedOut';
      this.#lastEventId = eventIdOf(whole.closed);
      return;
    }
    const check = new CommandCheck(whole, this.#run);
    this.#receipts = [];
    this.#alone = null;
    this.#again = null;
    const { head } = this.#machine;
    const wasEnding = this.#isEnding;
    const inputs = await inputsOf(whole, this.#run.program, this.#run.decoder);
    for (const heard of inputs) this.#hear(heard);
    // A cancel is heard before anything is asked for, and stops what runs by then.
    const stopped =
      this.#isEnding && !wasEnding ? this.#scheduled.stoppedIn(this.#machine, (action) => check.runs(action)) : [];
    const asked = check.continuedAsNew === null ? this.#settle(whole, check) : [];
    const alarm = this.#alarm.follow(this.#machine, check, stopped);
    this.#endStoppedTimers(whole, check);
    const { closed, next } = await check.against(this.#machine, this.#log.hash, {
      asked,
      hasGrown: this.#machine.head > head,
      hasHeard: inputs.some(({ kind }) => kind === 'signal'),
      receipts: this.#receipts,
      stopped,
      ending: this.#isEnding || wasEnding,
      alarm,
      alone: this.#alone,
    });
    this.#closed = closed;
    this.#next = next;
    this.#lastEventId = eventIdOf(whole.commands.at(-1) ?? whole.completed);
  }

  /** Whether what runs is told to stop, because the run was cancelled or an action that it can't do without failed. */
  get #isEnding(): boolean {
    return this.#machine.cancelling || this.#machine.failing;
  }

  #hear(heard: HeardInput): void {
    const { event } = heard;
    switch (heard.kind) {
      case 'update': {
        const refusal = this.#deliver(event, heard.input);
        if (refusal !== null) throw mismatch(event, `the accepted update is refused by the program: ${refusal}`);
        this.#receipts.push({ seq: this.#machine.head, ...(heard.asksForHash ? { hash: this.#log.hash } : {}) });
        return;
      }
      case 'signal':
        // A refused signal leaves no trace in the log, as in the workflow.
        this.#deliver(event, heard.input);
        return;
      case 'cancel':
        if (!this.#machine.cancelling) this.#deliver(event, { type: 'cancel' });
        return;
      case 'result':
        this.#end(event, heard.scheduledEventId, heard.result);
    }
  }

  /**
   * What was scheduled is over: an action, or the time for an answer. Somebody may have answered in the same activation: then the time
   * means nothing.
   */
  #end(event: HistoryEvent, scheduledEventId: number, result: ActionResult): void {
    const elapsed = this.#alarm.end(scheduledEventId);
    if (elapsed !== null) {
      this.#deliver(event, { type: 'elapsed', interruptId: elapsed.interruptId, stage: elapsed.stage });
      return;
    }
    const ended = this.#scheduled.end(event, scheduledEventId);
    const outcome = ended.burst === true && result.type === 'success' ? readBurst(result.output) : result;
    if ('results' in outcome) this.#takeBurst(event, ended.actionId, outcome);
    else this.#deliver(event, { type: 'result', actionId: ended.actionId, result: outcome });
  }

  /** Takes the results of a burst, with the steps between, as the workflow does. All that comes of them comes of its end. */
  #takeBurst(event: HistoryEvent, first: ActionId, outcome: BurstOutcome): void {
    const machine = this.#machine;
    this.#naming(event, () => {
      takeStretch(this.#run.program, machine, first, outcome, {
        deliver: (input) => void this.#deliver(event, input),
        advance: () => {
          machine.advance();
          for (const entry of machine.drain()) this.#log.give(entry, this.#originOf(event));
        },
      });
    });
    this.#alone = outcome.alone ?? null;
    const isLeft = outcome.results.length === 0 && machine.running.some(({ actionId }) => actionId === first);
    this.#again = isLeft ? first : null;
  }

  /** Delivers an input and gives out its entries. What must wait for a boundary is remembered with its origin. */
  #deliver(event: HistoryEvent, input: Input): string | null {
    const origin = this.#originOf(event);
    const before = this.#machine.checkpoint();
    const refusal = this.#naming(event, () => this.#machine.deliver(input));
    if (refusal !== null) return refusal.reason;
    const entries = this.#machine.drain();
    const origins = this.#origins.afterInput(input, origin, [before, this.#machine.checkpoint()], entries);
    for (const [index, entry] of entries.entries()) this.#log.give(entry, origins[index] ?? origin);
    return null;
  }

  /** Steps until the machine waits; gives the actions that were asked for and are to be done. */
  #settle({ completed }: Activation, check: CommandCheck): readonly PendingAction[] {
    const requested: ActionId[] = this.#again === null ? [] : [this.#again];
    while (this.#machine.waiting.for === 'step') {
      const before = this.#machine.checkpoint();
      this.#naming(completed, () => {
        this.#machine.advance();
      });
      const toDo = this.#machine.running.filter(isToDo);
      for (const entry of this.#machine.drain()) {
        const { event } = entry;
        const place = 'actionId' in event ? toDo.findIndex(({ actionId }) => actionId === event.actionId) : -1;
        if (event.type === 'ActionRequested') requested.push(event.actionId);
        this.#log.give(
          entry,
          this.#originOfStep(entry, before.signals, completed, check.scheduled[Math.max(0, place)], check),
        );
      }
    }
    const asked = this.#machine.running.filter((action) => isToDo(action) && requested.includes(action.actionId));
    this.#scheduled.begin(asked, check.scheduled);
    return asked;
  }

  /**
   * An action's request points at the event that scheduled it (that of a wait, which nothing schedules, at what was scheduled behind it), an
   * early signal's result at the signal.
   */
  #originOfStep(
    { event }: Entry,
    signalsBefore: Checkpoint['signals'],
    completed: HistoryEvent,
    scheduled: HistoryEvent | undefined,
    check: CommandCheck,
  ): Origin {
    if (event.type === 'ActionRequested') return this.#originOf(scheduled ?? completed);
    if (event.type === 'Completed') return this.#originOf(check.closing ?? completed);
    if (event.type === 'ActionSucceeded') {
      const origin = this.#origins.takeSignal(signalsBefore, this.#machine.checkpoint().signals);
      if (origin !== null) return origin;
    }
    return this.#originOf(completed);
  }

  /** The timers of a run that is ending end at once, by the workflow's own commands. */
  #endStoppedTimers({ completed }: Activation, check: CommandCheck): void {
    if (!this.#isEnding) return;
    for (const { actionId, action } of this.#machine.running) {
      const timer = this.#scheduled.of(actionId);
      if (action.type !== 'Sleep' || timer === undefined) continue;
      this.#scheduled.remove(timer);
      const result = resultOfFailure({ name: 'CancelledFailure' });
      this.#deliver(check.timerCanceled(timer.eventId) ?? completed, { type: 'result', actionId, result });
    }
  }

  #originOf(event: HistoryEvent): Origin {
    return {
      executionId: this.#executionId,
      historyEventId: eventIdOf(event),
      timeMs: eventTimeMsOf(event),
    };
  }

  /** A program that fails here but did not fail in the workflow is not the program that ran: say where. */
  #naming<R>(event: HistoryEvent, act: () => R): R {
    try {
      return act();
    } catch (error) {
      if (isKernelError(error, 'HistoryMismatch')) throw error;
      throw mismatch(event, messageOf(error), error);
    }
  }
}
