/**
 * Where a run stands in the scripts of its kernels. The reference counts the calls of a step function; here the position
 * follows from the log alone, so that `step` is pure, and a replay, a mirror and a new execution all find it again.
 */
import { KernelError } from '../../../src/kernel/error';
import type { Event } from '../../../src/kernel/event';
import type { Json } from '../../../src/kernel/json';
import { expand, type Decision, type StepSetup } from '../scenario';
import { ruleFor } from '../scenario-program';
import type { ScenarioKernel } from './run-kernels';

/** A place in a run. */
export interface Position {
  /** Answers that the run got: they say which kernel's turn it is. */
  readonly answers: number;
  /** Decisions that this kernel has taken. */
  readonly taken: number;
  /** Events of the last decision that are still to come. */
  readonly toCome: number;
}

/** Before the first step. */
export const START: Position = { answers: 0, taken: 0, toCome: 0 };

/** A decision, and how many are taken with it. */
export interface Taken {
  readonly decision: Decision;
  readonly taken: number;
}

/** Finds decisions, and follows events. */
export class Scripts {
  readonly #kernels: readonly ScenarioKernel[];
  /** By the number of the phase that made the kernel. */
  readonly #scripts: ReadonlyMap<number, readonly Decision[]>;

  constructor(kernels: readonly ScenarioKernel[]) {
    this.#kernels = kernels;
    this.#scripts = new Map(kernels.map(({ made, step }) => [made, expand(step.script ?? [])]));
  }

  /** The kernel whose turn it is; null in a run that no phase is about. */
  kernelAt({ answers }: Position): ScenarioKernel | null {
    return this.#kernels[answers] ?? this.#kernels.at(-1) ?? null;
  }

  /**
   * What is decided at a place.
   *
   * @throws KernelError `Driver` when the kernel may take no more decisions
   */
  decide(position: Position, state: Json): Taken {
    const kernel = this.kernelAt(position);
    const script = kernel === null ? [] : (this.#scripts.get(kernel.made) ?? []);
    const step: StepSetup = kernel?.step ?? {};
    let { taken } = position;
    // An Emit of nothing leaves nothing in a log, so the log can't say that it was taken: it goes with the next decision.
    while (step.rules === undefined && taken < script.length && isEmpty(script[taken])) taken += 1;
    if (step.max_calls !== undefined && taken >= step.max_calls) throw tooManyCalls();
    const decision =
      (step.rules === undefined ? (script[taken] ?? step.then) : ruleFor(step.rules, state)) ?? 'Complete';
    // By rules nothing changes after it: it would be taken again until no more may be.
    if (step.max_calls !== undefined && isEmpty(decision)) throw tooManyCalls();
    return { decision, taken: taken + 1 };
  }

  /** The place after an event. */
  after(position: Position, state: Json, event: Event): Position {
    switch (event.type) {
      case 'StateUpdated': {
        if (position.toCome > 0) return { ...position, toCome: position.toCome - 1 };
        const { decision, taken } = this.decide(position, state);
        return { ...position, taken, toCome: eventsIn(decision) - 1 };
      }
      case 'ActionRequested':
      case 'Interrupted':
      case 'Completed':
        return { ...position, taken: this.decide(position, state).taken };
      case 'Resumed': {
        const next = { ...position, answers: position.answers + 1 };
        const isSame = this.kernelAt(next)?.made === this.kernelAt(position)?.made;
        return isSame ? next : { ...next, taken: 0 };
      }
      default:
        return position;
    }
  }
}

function isEmpty(decision: Decision | undefined): boolean {
  return decision !== undefined && eventsIn(decision) === 0;
}

function eventsIn(decision: Decision): number {
  return typeof decision === 'object' && 'Emit' in decision ? decision.Emit.length : 1;
}

function tooManyCalls(): KernelError {
  return new KernelError('Driver', 'harness: max step calls reached');
}
