/**
 * One execution of a run: the machine, its log, and how outside inputs reach it.
 *
 * Guarantees: handlers only deliver, they never advance; the loop advances after every input of an activation was
 * delivered, so the order in which Temporal runs promise callbacks can't change a log.
 */
import { CancellationScope, log, workflowInfo } from '@temporalio/workflow';
import {
  genesisHash,
  Machine,
  statusOf,
  type ActionId,
  type Entry,
  type Input,
  type Program,
  type Refusal,
  type Waiting,
} from '../kernel';
import type { Carried, RunOptions, StatusReport } from '../protocol';
import { runAction } from './action-runner';
import { RunLog } from './run-log';

/** Sees every entry as it is appended, also while a history is replayed. For tests and tools. */
export type Observer = (entry: Entry) => void;

export class RunSession {
  readonly machine: Machine;
  readonly log: RunLog;
  readonly #program: Program;
  readonly #observe: Observer | undefined;
  #refused = 0;
  #lastRefusal: Refusal | null = null;
  readonly #root: CancellationScope;
  #running: { readonly actionId: ActionId; readonly scope: CancellationScope } | null = null;
  #broken: { readonly error: unknown } | null = null;

  /** @throws KernelError `InvalidInitialState`, `InvalidRunId` */
  constructor(program: Program, initialState: unknown, options: RunOptions, observe: Observer | undefined) {
    this.#root = CancellationScope.current();
    this.#program = program;
    this.#observe = observe;
    if (options.carried === undefined) {
      const { workflowId } = workflowInfo();
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
    return { checkpoint: this.machine.checkpoint(), hash: this.log.hash() };
  }

  report(): StatusReport {
    return {
      runId: this.machine.runId,
      program: this.#program.name,
      head: this.machine.head,
      status: statusOf(this.machine.waiting),
      refused: this.#refused,
      lastRefusal: this.#lastRefusal,
    };
  }

  /** Delivers a signal's or update's input. A refused one leaves no trace in the log, only in the report. */
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

  /** Takes one step. */
  advance(): void {
    this.machine.advance();
    this.#record();
  }

  /** Whether a cancel arrived that the machine has not been told of. */
  get cancelArrived(): boolean {
    return this.#root.consideredCancelled && !this.machine.cancelling && this.machine.waiting.for !== 'nothing';
  }

  /** Delivers a cancel that arrived, and tells the running action. */
  cancelIfArrived(): void {
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
      .run(() => runAction(this.#program, actionId, action))
      .then((result) => {
        // A cancel of the same activation goes first, whichever callback Temporal happens to run first.
        this.cancelIfArrived();
        this.machine.deliver({ type: 'result', actionId, result });
        this.#record();
      })
      .catch((error: unknown) => {
        this.#broken = { error };
      });
  }

  /** Whether something happened since the run began to wait for this. */
  movedFrom(waiting: Waiting): boolean {
    return this.#broken !== null || this.machine.waiting !== waiting;
  }

  /** Throws what broke while a result was delivered, so that the workflow task fails and history stays as it is. */
  throwIfBroken(): void {
    if (this.#broken !== null) throw this.#broken.error;
  }

  #record(): void {
    const entries = this.machine.drain();
    this.log.add(entries);
    if (this.#observe !== undefined) entries.forEach(this.#observe);
  }
}
