/**
 * The interrupt store: the interrupts that nobody has answered yet, for an inbox.
 *
 * Source: Oris kernel, `interrupt::InterruptStore`. The log is the truth about what a run waits for; this only says more
 * about it. Unlike the reference's, a run's interrupts come in one order, and an id belongs to one run.
 */
import { KernelError } from './error';
import type { InterruptId, RunId } from './identity';
import { newInterrupt, type Interrupt } from './interrupt';

/** Keeps interrupts. */
export interface InterruptStore {
  /**
   * Saves an interrupt; the run's own interrupt of the same id is replaced.
   *
   * @throws KernelError `InvalidInterrupt`, also for an id that another run's interrupt has
   */
  save(interrupt: Interrupt): Promise<void>;
  /** The interrupt, or null. */
  load(id: InterruptId): Promise<Interrupt | null>;
  /** The interrupts of a run: the oldest first; of those of one moment, in the order of their ids' UTF-16 code units. */
  loadForRun(threadId: RunId): Promise<readonly Interrupt[]>;
  /** Deletes an interrupt, if it is there: once its answer is in the log, nobody needs to see it any more. */
  delete(id: InterruptId): Promise<void>;
}

/** Interrupts that a store in memory keeps at most. */
export const INTERRUPTS_MAX = 100_000;

/** Keeps interrupts in memory for as long as the object lives. What it gives is frozen. */
export class InMemoryInterruptStore implements InterruptStore {
  readonly #byId = new Map<InterruptId, Interrupt>();
  readonly #byRun = new Map<RunId, Map<InterruptId, Interrupt>>();
  readonly #interruptsMax: number;

  constructor({ interruptsMax = INTERRUPTS_MAX }: { readonly interruptsMax?: number } = {}) {
    this.#interruptsMax = interruptsMax;
  }

  /** @throws KernelError `InvalidInterrupt`; `InterruptStore` when the store is full */
  async save(given: Interrupt): Promise<void> {
    await Promise.resolve();
    const interrupt = newInterrupt(given);
    const { id, threadId } = interrupt;
    const before = this.#byId.get(id);
    if (before !== undefined && before.threadId !== threadId) {
      throw new KernelError('InvalidInterrupt', `interrupt ${id} is one of run ${before.threadId}, not of ${threadId}`);
    }
    if (before === undefined && this.#byId.size >= this.#interruptsMax) {
      throw new KernelError(
        'InterruptStore',
        `${this.#interruptsMax} interrupts are kept: delete those that are answered`,
      );
    }
    this.#byId.set(id, interrupt);
    this.#byRun.set(threadId, (this.#byRun.get(threadId) ?? new Map<InterruptId, Interrupt>()).set(id, interrupt));
  }

  async load(id: InterruptId): Promise<Interrupt | null> {
    return await Promise.resolve(this.#byId.get(id) ?? null);
  }

  async loadForRun(threadId: RunId): Promise<readonly Interrupt[]> {
    const interrupts = [...(this.#byRun.get(threadId)?.values() ?? [])];
    return await Promise.resolve(
      interrupts.sort((one, other) => one.createdAtMs - other.createdAtMs || (one.id < other.id ? -1 : 1)),
    );
  }

  async delete(id: InterruptId): Promise<void> {
    await Promise.resolve();
    const interrupt = this.#byId.get(id);
    if (interrupt === undefined) return;
    this.#byId.delete(id);
    const ofRun = this.#byRun.get(interrupt.threadId);
    ofRun?.delete(id);
    if (ofRun?.size === 0) this.#byRun.delete(interrupt.threadId);
  }
}
