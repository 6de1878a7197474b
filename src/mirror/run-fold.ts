/**
 * The fold: a history through the machine, to the events that the workflow itself produced.
 *
 * Each activation's inputs are delivered in the order in which the workflow's shell delivers them. Then the machine steps, and what it asks for is compared with what history shows was asked for. Where they differ the fold stops
 * with an error that names the history event.
 *
 * It must not do I/O of its own: events come in, entries go out.
 */
import {
  chainEntry,
  interruptIdOf,
  Machine,
  messageOf,
  NOTHING_SPENT,
  ownIdOf,
  sealOf,
  type ActionResult,
  type Entry,
  type Hash,
  type Input,
  type Origin,
  type Program,
  type RunId,
  type RunRecord,
  type Seq,
  type Snapshot,
  type StoredLog,
  type TenantId,
} from '../kernel';
import { resultOfFailure } from '../protocol';
import type { Activation, Closure } from './activation';
import type { Running } from './answer-check';
import { inputsOf, type HeardInput } from './activation-inputs';
import { CommandCheck } from './command-check';
import type { HistoryDecoder } from './history-decoder';
import { EventType, eventIdOf, eventTimeMsOf, type HistoryEvent } from './history-event';
import { mismatch } from './history-mismatch';
import type { ClosedAs, MirrorPosition } from './mirror-position';

/** A snapshot is taken at every so-manieth event, and where a run stops for a person or for good. */
export const SNAPSHOT_EVERY_EVENTS = 20;

/** What the fold gives. */
export interface FoldOutput {
  entry(entry: StoredLog): void;
  snapshot(snapshot: Snapshot): void;
}

/** What a fold is made with. */
export interface FoldParts {
  readonly program: Program;
  readonly tenant: TenantId;
  readonly decoder: HistoryDecoder;
  readonly output: FoldOutput;
}

export class RunFold {
  readonly #decoder: HistoryDecoder;
  readonly #output: FoldOutput;
  readonly #machine: Machine;
  #executionId: string;
  readonly #program: Program;
  readonly #tenant: TenantId;
  readonly #logId: RunId;
  #lastEventId: number;
  #hash: Hash;
  #seal: Hash;
  #inboxOrigins: readonly Origin[];
  #signalOrigins: readonly Origin[];
  #scheduled: MirrorPosition['scheduled'];
  #closed: ClosedAs | null;
  #next: string | null;
  /** The action or interrupt that the machine asked for in this activation. */
  #asked: string | null = null;
  /** The head of the log after each answer that was accepted in this activation. */
  #receipts: Seq[] = [];

  private constructor(
    { program, tenant, decoder, output }: FoldParts,
    logId: RunId,
    machine: Machine,
    from: Omit<MirrorPosition, 'checkpoint'>,
  ) {
    this.#program = program;
    this.#tenant = tenant;
    this.#logId = logId;
    this.#decoder = decoder;
    this.#output = output;
    this.#machine = machine;
    this.#executionId = from.executionId;
    this.#lastEventId = from.lastEventId;
    this.#hash = from.hash;
    this.#seal = from.seal;
    this.#inboxOrigins = from.inboxOrigins;
    this.#signalOrigins = from.signalOrigins;
    this.#scheduled = from.scheduled;
    this.#closed = from.closed;
    this.#next = from.nextExecutionId;
  }

  /** A fold from a run's first event on. */
  static start(parts: FoldParts, run: RunRecord): RunFold {
    // The record has the state that the program made of what the run was given; making it again could give another.
    const from = { runId: ownIdOf(run), head: 0, state: run.initialState, spent: NOTHING_SPENT };
    const machine = Machine.replay(parts.program, from, []);
    return new RunFold(parts, run.runId, machine, {
      executionId: run.firstExecutionId,
      lastEventId: 0,
      hash: run.genesisHash,
      seal: run.genesisHash,
      inboxOrigins: [],
      signalOrigins: [],
      scheduled: null,
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
    return this.#program.version;
  }

  get tenant(): TenantId {
    return this.#tenant;
  }

  get programName(): string {
    return this.#program.name;
  }

  get machine(): Machine {
    return this.#machine;
  }

  get hash(): Hash {
    return this.#hash;
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
      hash: this.#hash,
      seal: this.#seal,
      inboxOrigins: this.#inboxOrigins,
      signalOrigins: this.#signalOrigins,
      scheduled: this.#scheduled,
      closed: this.#closed,
      nextExecutionId: this.#next,
    };
  }

  /** Goes on with the next execution of the chain. */
  enterExecution(executionId: string): void {
    this.#executionId = executionId;
    this.#lastEventId = 0;
    this.#next = null;
    this.#scheduled = null;
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
    const check = new CommandCheck(whole, this.#program, this.#tenant, this.#decoder);
    this.#asked = null;
    this.#receipts = [];
    const { cancelling } = this.#machine;
    for (const heard of await inputsOf(whole, this.#decoder)) this.#hear(heard);
    const stopped = cancelling ? null : this.#stoppedByCancel(check);
    if (check.continuedAsNew === null) this.#settle(whole, check);
    this.#endCancelledTimer(whole, check);
    const { closed, next } = await check.against(this.#machine, this.#hash, {
      asked: this.#asked,
      receipts: this.#receipts,
      stopped,
    });
    this.#closed = closed;
    this.#next = next;
    this.#lastEventId = eventIdOf(whole.commands.at(-1) ?? whole.completed);
  }

  #hear(heard: HeardInput): void {
    const { event } = heard;
    switch (heard.kind) {
      case 'answer': {
        const refusal = this.#deliver(event, heard.input);
        if (refusal !== null) throw mismatch(event, `the accepted answer is refused by the program: ${refusal}`);
        this.#receipts.push(this.#machine.head);
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
        this.#finish(event, heard.scheduledEventId, heard.result);
    }
  }

  /** What was running when this activation's cancel came, and has not ended in it. */
  #stoppedByCancel(check: CommandCheck): Running | null {
    const { cancelling, waiting } = this.#machine;
    if (!cancelling || this.#scheduled === null || waiting.for !== 'action') return null;
    return { kind: check.runs(waiting.action), eventId: this.#scheduled.eventId };
  }

  #finish(event: HistoryEvent, scheduledEventId: number, result: ActionResult): void {
    if (this.#scheduled?.eventId !== scheduledEventId) {
      throw mismatch(event, `it ends what event ${scheduledEventId} scheduled, but no such action is running`);
    }
    const { actionId } = this.#scheduled;
    this.#scheduled = null;
    this.#deliver(event, { type: 'result', actionId, result });
  }

  /** Delivers an input and gives out its entries. A resume that must wait for a boundary is remembered with its origin. */
  #deliver(event: HistoryEvent, input: Input): string | null {
    const origin = this.#originOf(event);
    const before = this.#machine.checkpoint();
    const refusal = this.#naming(event, () => this.#machine.deliver(input));
    if (refusal !== null) return refusal.reason;
    const after = this.#machine.checkpoint();
    if (after.inbox.length > before.inbox.length) this.#inboxOrigins = [...this.#inboxOrigins, origin];
    if (after.signals.length > before.signals.length) this.#signalOrigins = [...this.#signalOrigins, origin];
    for (const entry of this.#machine.drain()) {
      const queued = entry.event.type === 'Resumed' && input.type === 'result' ? this.#inboxOrigins[0] : undefined;
      if (queued !== undefined) this.#inboxOrigins = this.#inboxOrigins.slice(1);
      this.#give(entry, queued ?? origin);
    }
    return null;
  }

  /** Steps until the machine waits. */
  #settle({ completed }: Activation, check: CommandCheck): void {
    while (this.#machine.waiting.for === 'step') {
      const before = this.#machine.checkpoint();
      this.#naming(completed, () => {
        this.#machine.advance();
      });
      for (const entry of this.#machine.drain()) {
        this.#noteAsked(entry);
        this.#give(entry, this.#originOfStep(entry, before.signals, completed, check));
      }
    }
    if (this.#asked !== null && check.scheduled !== null) {
      this.#scheduled = { eventId: eventIdOf(check.scheduled), actionId: this.#asked };
    }
  }

  #noteAsked({ event, seq }: Entry): void {
    if (event.type === 'ActionRequested') this.#asked = event.actionId;
    if (event.type === 'Interrupted') this.#asked = interruptIdOf(this.#machine.runId, seq);
  }

  /** An action's request points at the event that scheduled it, an early signal's result at the signal. */
  #originOfStep(
    { event }: Entry,
    signalsBefore: readonly { readonly name: string }[],
    completed: HistoryEvent,
    check: CommandCheck,
  ): Origin {
    if (event.type === 'ActionRequested') return this.#originOf(check.scheduled ?? completed);
    if (event.type === 'Completed') return this.#originOf(check.closing ?? completed);
    if (event.type === 'ActionSucceeded' || event.type === 'ActionFailed') {
      const left = this.#machine.checkpoint().signals;
      const taken = signalsBefore.findIndex((signal, index) => left[index] !== signal);
      const origin = this.#signalOrigins[taken];
      this.#signalOrigins = this.#signalOrigins.filter((_, index) => index !== taken);
      if (origin !== undefined) return origin;
    }
    return this.#originOf(completed);
  }

  /** A cancelled run's timer ends at once, by the workflow's own command. */
  #endCancelledTimer({ completed }: Activation, check: CommandCheck): void {
    const { waiting, cancelling } = this.#machine;
    if (!cancelling || waiting.for !== 'action' || waiting.action.type !== 'Sleep') return;
    this.#scheduled = null;
    this.#deliver(check.timerCanceled ?? completed, {
      type: 'result',
      actionId: waiting.actionId,
      result: resultOfFailure({ name: 'CancelledFailure' }),
    });
  }

  #give(entry: Entry, origin: Origin): void {
    const runId = this.#logId;
    const chained = chainEntry(runId, this.#hash, entry, entry.state);
    this.#hash = chained.hash;
    this.#seal = sealOf(this.#seal, chained.hash, origin);
    this.#output.entry({ ...chained, origin, seal: this.#seal });
    const { type } = entry.event;
    if (entry.seq % SNAPSHOT_EVERY_EVENTS === 0 || type === 'Interrupted' || type === 'Completed') {
      this.#output.snapshot({ runId, atSeq: entry.seq, state: entry.state });
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
      throw mismatch(event, messageOf(error), error);
    }
  }
}
