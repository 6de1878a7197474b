/**
 * One execution of a run: the machine, its log, and how outside inputs reach it.
 *
 * Guarantees: an activation's inputs reach the machine in one order, whatever the order is in which Temporal hands them over: accepted
 * answers, signals, a cancel, results. Steps are taken when all of them were delivered. So neither promise callbacks nor a replay can
 * change a log.
 */
import { log, workflowInfo } from '@temporalio/workflow';
import {
  genesisHash,
  isToDo,
  Machine,
  pendingActionsOf,
  summaryOf,
  takeStretch,
  type ActionId,
  type ActionResult,
  type Input,
  type Program,
  type Refusal,
  type Waiting,
} from '../kernel';
import {
  assertRunOptions,
  CONTINUE_AFTER_EVENTS_MIN,
  type Alone,
  type AnswerReceipt,
  type BurstOutcome,
  type Carried,
  type PendingInterrupt,
  type RunOptions,
  type StatusReport,
} from '../protocol';
import { beginAction } from './action-runner';
import { AnswerAlarm } from './answer-alarm';
import { Bell } from './bell';
import { burstOf, runBurst, type Burst } from './burst-runner';
import { BurstTally } from './burst-tally';
import { RunLog } from './run-log';
import { showToObserver } from './run-observer';
import { pendingOf, reportOf } from './run-report';
import { RunScopes } from './run-scopes';
import { RunStanding } from './run-standing';

/** Turns of the microtask queue that something may take from Temporal to the machine. */
const DELIVERY_TURNS = 51;

export class RunSession {
  readonly machine: Machine;
  readonly log: RunLog;
  readonly #program: Program;
  readonly #options: RunOptions;
  /** Signals of this activation that the machine has not been told of. */
  #unheard: Input[] = [];
  #refused = 0;
  #lastRefusal: Refusal | null = null;
  readonly #standing: RunStanding;
  readonly #scopes = new RunScopes();
  /** What was started, until its result is delivered. */
  readonly #running = new Set<ActionId>();
  /** The action that a burst of this activation left to an activity of its own. */
  #alone: Alone | null = null;
  readonly #alarm = new AnswerAlarm(this.#scopes);
  #lastBurst: BurstTally | null = null;
  /** Whether what runs was told to stop: the run ends with it. */
  #stopping = false;
  #broken: { readonly error: unknown } | null = null;
  #waited = false;
  /** Rung whenever the machine was told something, or is to be told something. */
  readonly #bell = new Bell(DELIVERY_TURNS);

  /** @throws KernelError `InvalidInitialState`, `InvalidRunId` */
  constructor(program: Program, initialState: unknown, options: RunOptions) {
    this.#scopes.onCancel(() => {
      this.#bell.ring();
    });
    this.#program = program;
    this.#options = options;
    if (options.carried === undefined) {
      const { workflowId } = workflowInfo();
      assertRunOptions(options);
      const lineage = { starter: options.startedBy, spent: options.forkedFrom?.spent };
      this.machine = Machine.start(program, workflowId, initialState, lineage);
      this.log = new RunLog(workflowId, 0, genesisHash(workflowId, program.name, this.machine.state));
    } else {
      const { checkpoint, hash } = options.carried;
      this.machine = Machine.restore(program, checkpoint);
      this.log = new RunLog(checkpoint.runId, checkpoint.head, hash);
    }
    this.#standing = new RunStanding(this.machine, this.log);
  }

  /** What the next execution needs. */
  carried(): Carried {
    return { version: this.#program.version, checkpoint: this.machine.checkpoint(), hash: this.log.hash() };
  }

  report(): StatusReport {
    return reportOf(this.#program, this.machine, { count: this.#refused, last: this.#lastRefusal });
  }

  /** What ran in the last burst of this execution; null before any. */
  get lastBurst(): BurstTally | null {
    return this.#lastBurst;
  }

  /** What the run asks; null when it asks nothing. */
  pending(): PendingInterrupt | null {
    return pendingOf(this.#program, this.machine.waiting);
  }

  /**
   * Takes a signal, which is delivered once all of the activation was handed over. An answer that was accepted goes first: a server
   * that repeats both after a reset hands over the answer where it came, but whoever replays that history gets all signals before it.
   */
  signal(input: Input): void {
    this.#unheard.push(input);
    this.#bell.ring();
  }

  /** Why an update would be refused; null when it would not be: as the run stands, and behind the signals that came before it. */
  refusalOf(input: Input): Refusal | null {
    const refusal = this.machine.refusalOf(input);
    if (refusal !== null || this.#unheard.length === 0) return refusal;
    const copy = Machine.restore(this.#program, this.machine.checkpoint());
    for (const signal of this.#unheard) copy.deliver(signal);
    return copy.refusalOf(input);
  }

  /** Delivers an input. A refused one leaves no trace in the log, only in the report. */
  deliver(input: Input): Refusal | null {
    const refusal = this.machine.deliver(input);
    this.#record();
    if (refusal !== null) {
      this.#refused += 1;
      this.#lastRefusal = refusal;
      log.warn(`input refused: ${refusal.reason}`, { code: refusal.code });
    }
    return refusal;
  }

  /** The receipt for an input that was delivered just now. */
  receipt(withHash: boolean): AnswerReceipt {
    return this.#standing.receipt(withHash);
  }

  /** Whether the run goes on in a new execution before it takes another step. */
  get continuesAsNew(): boolean {
    // Only after a first wait, so that every execution gets somewhere, and so before the first step of an activation: a mirror
    // can then tell from history that no step was taken.
    return this.#waited && this.machine.waiting.for === 'step' && historyIsLong(this.#options);
  }

  /** Takes steps until the run waits for something outside, or ends, or must go on in a new execution. */
  settle(): void {
    this.hear();
    while (this.machine.waiting.for === 'step' && !this.continuesAsNew) {
      this.machine.advance();
      this.#record();
    }
  }

  /** Whether a cancel arrived that the machine has not been told of. */
  get cancelArrived(): boolean {
    return this.#scopes.isCancelled && !this.machine.cancelling && this.machine.waiting.for !== 'nothing';
  }

  /** Delivers the signals that came, and then a cancel that arrived, of which the running actions are told. */
  hear(): void {
    const unheard = this.#unheard;
    this.#unheard = [];
    if (unheard.length > 0) this.#standing.hear();
    for (const input of unheard) this.deliver(input);
    if (!this.cancelArrived) return;
    this.machine.deliver({ type: 'cancel' });
    this.#record();
    this.#stopAll();
  }

  /** Starts the actions that the machine waits for, each once; when one of them fails the run, the others are told to stop. */
  startActions(): void {
    if (this.machine.failing && !this.#stopping) this.#stopAll();
    const alone = this.#alone;
    this.#alone = null;
    for (const pending of this.machine.running.filter(isToDo)) {
      const { actionId } = pending;
      if (this.#running.has(actionId)) continue;
      const isAlone = alone?.actionId === actionId;
      const burst = isAlone ? null : burstOf(this.#program, this.#options, this.machine);
      if (burst !== null) {
        this.#startBurst(burst);
        continue;
      }
      const tried = isAlone ? (alone.tried ?? null) : null;
      this.#running.add(actionId);
      const begin = (): void => {
        beginAction(this.#program, this.#options, pending, tried, (end) => {
          this.#delivering(() => {
            this.#takeResult(actionId, end());
          });
        });
      };
      if (this.machine.waiting.for === 'actions') this.#scopes.oneOfSeveral(begin);
      else begin();
    }
  }

  #startBurst(burst: Burst): void {
    const { actionId } = burst.call;
    this.#running.add(actionId);
    this.#scopes
      .shielded(() => runBurst(this.#program, burst))
      .then(
        (outcome) => {
          this.#delivering(() => {
            if ('results' in outcome) this.#takeBurst(actionId, outcome);
            else this.#takeResult(actionId, outcome);
          });
        },
        (error: unknown) => {
          this.#break(error);
        },
      );
  }

  #takeResult(actionId: ActionId, result: ActionResult): void {
    this.#running.delete(actionId);
    // Signals and a cancel of the same activation go first, whichever callback Temporal happens to run first.
    this.hear();
    this.machine.deliver({ type: 'result', actionId, result });
    this.#record();
  }

  #takeBurst(actionId: ActionId, outcome: BurstOutcome): void {
    const { machine } = this;
    this.#running.delete(actionId);
    // What came meanwhile is put aside by the machine until the last result is in.
    this.hear();
    const tally = new BurstTally();
    takeStretch(this.#program, machine, actionId, outcome, {
      deliver: (input) => {
        for (const { action } of pendingActionsOf(machine.waiting)) tally.count(summaryOf(this.#program, action));
        machine.deliver(input);
      },
      advance: () => {
        machine.advance();
      },
    });
    this.#lastBurst = tally;
    this.#alone = outcome.alone ?? null;
    this.#record();
  }

  /** What breaks while something is delivered fails the workflow task, once the loop looks. */
  #delivering(deliver: () => void): void {
    try {
      deliver();
    } catch (error) {
      this.#break(error);
    }
  }

  #break(error: unknown): void {
    this.#broken = { error };
    this.#bell.ring();
  }

  #stopAll(): void {
    this.#stopping = true;
    this.#scopes.stopSeveral();
  }

  /** Whether what runs was told to stop. */
  get isStopping(): boolean {
    return this.#stopping;
  }

  /** Ends the timer of an ask that is over. Says whether it did: the command for it comes in a later turn. */
  endAlarm(): boolean {
    return this.#alarm.end(this.machine.waiting);
  }

  /** Starts the timer for the next thing that happens to a pending ask by itself, once. */
  startAlarm(): void {
    this.#alarm.start(this.machine.waiting, ({ interruptId, stage }) => {
      this.#delivering(() => {
        this.hear();
        // Somebody may have answered in the same activation: then the moment has passed.
        if (this.machine.refusalOf({ type: 'elapsed', interruptId, stage }) !== null) return;
        this.machine.deliver({ type: 'elapsed', interruptId, stage });
        this.#record();
      });
    });
  }

  /** Goes on when something happened that the loop may have to act on, and all that came with it was delivered. */
  whenChanged(waiting: Waiting, goOn: () => void): void {
    this.#standing.announce(waiting);
    this.#waited = true;
    this.#bell.silence();
    if (this.#mustAct(waiting)) this.#bell.ring();
    this.#bell.wait(goOn);
  }

  /** Goes on when all that the activation brings was delivered. */
  afterDelivery(goOn: () => void): void {
    this.#bell.ring();
    this.#bell.wait(goOn);
  }

  /** Waits for something although the actions may have been told to stop. */
  async shielded(wait: () => Promise<void>): Promise<void> {
    await this.#scopes.shielded(wait);
  }

  #mustAct(waiting: Waiting): boolean {
    return (
      this.#broken !== null ||
      this.#unheard.length > 0 ||
      this.machine.waiting !== waiting ||
      this.#alone !== null ||
      this.cancelArrived ||
      (this.machine.failing && !this.#stopping)
    );
  }

  /** Throws what broke while a result was delivered, so that the workflow task fails and history stays as it is. */
  throwIfBroken(): void {
    if (this.#broken !== null) throw this.#broken.error;
  }

  #record(): void {
    const entries = this.machine.drain();
    this.log.add(entries);
    showToObserver(entries);
    this.#bell.ring();
  }
}

function historyIsLong({ continueAfterEvents }: RunOptions): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  if (continueAfterEvents === undefined) return continueAsNewSuggested;
  return continueAsNewSuggested || historyLength > Math.max(continueAfterEvents, CONTINUE_AFTER_EVENTS_MIN);
}
