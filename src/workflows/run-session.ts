/**
 * One execution of a run: the machine, its log, and how outside inputs reach it.
 *
 * Guarantees: an activation's inputs reach the machine in one order, whatever the order is in which Temporal hands them over: accepted
 * answers, signals, a cancel, results. Steps are taken when all of them were delivered. So neither promise callbacks nor a replay can
 * change a log.
 */
import { CancellationScope, condition, log, upsertMemo, workflowInfo } from '@temporalio/workflow';
import {
  assertTenantId,
  genesisHash,
  isBlocked,
  Machine,
  statusOf,
  type ActionId,
  type Input,
  type Program,
  type Refusal,
  type Waiting,
} from '../kernel';
import {
  BLOCKED_MEMO,
  CONTINUE_AFTER_EVENTS_MIN,
  type BlockedAt,
  type Carried,
  type RunOptions,
  type StatusReport,
} from '../protocol';
import { runAction } from './action-runner';
import { RunLog } from './run-log';
import { showToObserver } from './run-observer';

export class RunSession {
  readonly machine: Machine;
  readonly log: RunLog;
  readonly #program: Program;
  readonly #options: RunOptions;
  /** Signals of this activation that the machine has not been told of. */
  #unheard: Input[] = [];
  #refused = 0;
  #lastRefusal: Refusal | null = null;
  readonly #root: CancellationScope;
  #running: { readonly actionId: ActionId; readonly scope: CancellationScope } | null = null;
  #broken: { readonly error: unknown } | null = null;
  #waited = false;
  #announced: Waiting | null = null;

  /** @throws KernelError `InvalidInitialState`, `InvalidRunId` */
  constructor(program: Program, initialState: unknown, options: RunOptions) {
    this.#root = CancellationScope.current();
    this.#program = program;
    this.#options = options;
    if (options.carried === undefined) {
      const { workflowId } = workflowInfo();
      if (options.tenant !== undefined) assertTenantId(options.tenant);
      this.machine = Machine.start(program, workflowId, initialState);
      this.log = new RunLog(workflowId, 0, genesisHash(workflowId, program.name, this.machine.state));
    } else {
      const { checkpoint, hash } = options.carried;
      this.machine = Machine.restore(program, checkpoint);
      this.log = new RunLog(checkpoint.runId, checkpoint.head, hash);
    }
  }

  /** What the next execution needs. */
  carried(): Carried {
    return { version: this.#program.version, checkpoint: this.machine.checkpoint(), hash: this.log.hash() };
  }

  report(): StatusReport {
    return {
      runId: this.machine.runId,
      program: this.#program.name,
      version: this.#program.version,
      head: this.machine.head,
      status: statusOf(this.machine.waiting),
      refused: this.#refused,
      lastRefusal: this.#lastRefusal,
    };
  }

  /**
   * Takes a signal, which is delivered once all of the activation was handed over. An answer that was accepted goes first: a server
   * that repeats both after a reset hands over the answer where it came, but whoever replays that history gets all signals before it.
   */
  signal(input: Input): void {
    this.#unheard.push(input);
  }

  /** Why an answer would be refused; null when it would not be. The signals that came before it may have answered. */
  refusalOf(answer: Input): Refusal | null {
    if (this.#unheard.length === 0) return this.machine.refusalOf(answer);
    const copy = Machine.restore(this.#program, this.machine.checkpoint());
    for (const input of this.#unheard) copy.deliver(input);
    return copy.refusalOf(answer);
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
    return this.#root.consideredCancelled && !this.machine.cancelling && this.machine.waiting.for !== 'nothing';
  }

  /** Delivers the signals that came, and then a cancel that arrived, of which the running action is told. */
  hear(): void {
    const unheard = this.#unheard;
    this.#unheard = [];
    for (const input of unheard) this.deliver(input);
    if (!this.cancelArrived) return;
    this.machine.deliver({ type: 'cancel' });
    this.#record();
    this.#running?.scope.cancel();
  }

  /** Starts the action that the machine waits for, once. */
  startAction(waiting: Extract<Waiting, { for: 'action' }>): void {
    const { actionId, action } = waiting;
    if (this.#running?.actionId === actionId) return;
    const scope = new CancellationScope();
    this.#running = { actionId, scope };
    scope
      .run(() => runAction(this.#program, this.#options, actionId, action))
      .then((result) => {
        // Signals and a cancel of the same activation go first, whichever callback Temporal happens to run first.
        this.hear();
        this.machine.deliver({ type: 'result', actionId, result });
        this.#record();
      })
      .catch((error: unknown) => {
        this.#broken = { error };
      });
  }

  /** Waits until something happens that the loop must act on. */
  async waitFor(waiting: Waiting): Promise<void> {
    this.#announceBlock(waiting);
    await condition(
      () => this.#broken !== null || this.#unheard.length > 0 || this.machine.waiting !== waiting || this.cancelArrived,
    );
    this.#waited = true;
  }

  /** Throws what broke while a result was delivered, so that the workflow task fails and history stays as it is. */
  throwIfBroken(): void {
    if (this.#broken !== null) throw this.#broken.error;
  }

  /**
   * Tells the server that the run is blocked. Without this the workflow task would answer nothing, and Temporal replays such a
   * task and the next one as one activation: answers would then come before their question, and a long history would be noticed
   * before the step that was taken without it.
   */
  #announceBlock(waiting: Waiting): void {
    if (waiting === this.#announced || !isBlocked(waiting)) return;
    this.#announced = waiting;
    const blockedAt: BlockedAt = { seq: this.machine.head, hash: this.log.hash() };
    upsertMemo({ [BLOCKED_MEMO]: blockedAt });
  }

  #record(): void {
    const entries = this.machine.drain();
    this.log.add(entries);
    showToObserver(entries);
  }
}

function historyIsLong({ continueAfterEvents }: RunOptions): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  if (continueAfterEvents === undefined) return continueAsNewSuggested;
  return continueAsNewSuggested || historyLength > Math.max(continueAfterEvents, CONTINUE_AFTER_EVENTS_MIN);
}
