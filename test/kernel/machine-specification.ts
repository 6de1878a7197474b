/**
 * Sentences about machines: `given(program, log).when(input, …).then(event, …)`.
 *
 * `when` does one thing after the other; each is an input, `STEP` (one step) or `STEPS` (as many as there are). `then` and its
 * companions look at what the last `when` gave; they can be chained, and so can another `when`.
 */
import { NOTHING_SPENT } from '../../src/kernel/budget';
import { isKernelError, type KernelErrorCode } from '../../src/kernel/error';
import type { Event } from '../../src/kernel/event';
import { actionIdOf, type Seq } from '../../src/kernel/identity';
import type { Json } from '../../src/kernel/json';
import { Machine } from '../../src/kernel/machine';
import type { Entry, Input, Refusal } from '../../src/kernel/machine-input';
import type { Program } from '../../src/kernel/program';
import type { Outcome, Waiting } from '../../src/kernel/waiting';
import { START } from './script-program';

/** The run of every sentence. */
export const RUN = 'run';

/** Takes one step. */
export const STEP = 'step';
/** Takes steps until the run waits for something from outside. */
export const STEPS = 'steps';

/** One thing that happens to a machine. */
export type Move = Input | typeof STEP | typeof STEPS;

/** A run that begins with the script's start or another state, or that goes on from a log. */
export function given(program: Program, log: readonly Event[] = [], initialState: unknown = START): Given {
  const from = { runId: RUN, head: 0, state: program.initialState(initialState), spent: NOTHING_SPENT };
  const tail = log.map((event, index) => ({ seq: index + 1, event }));
  return new Given(Machine.replay(program, from, tail));
}

/** A machine in some state of affairs. */
export class Given {
  readonly machine: Machine;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Does one thing after the other; stops at the first that throws. */
  when(...moves: readonly Move[]): Happened {
    const before = standingOf(this.machine);
    const refusals: Refusal[] = [];
    let thrown: unknown = null;
    try {
      for (const move of moves) {
        const refusal = makeMove(this.machine, move);
        if (refusal !== null) refusals.push(refusal);
      }
    } catch (error) {
      thrown = error;
    }
    return new Happened(this.machine, before, refusals, thrown);
  }
}

/** What `when` gave. */
export class Happened extends Given {
  readonly #before: Json;
  readonly #entries: readonly Entry[];
  readonly #refusals: readonly Refusal[];
  readonly #thrown: unknown;

  constructor(machine: Machine, before: Json, refusals: readonly Refusal[], thrown: unknown) {
    super(machine);
    this.#before = before;
    this.#refusals = refusals;
    this.#thrown = thrown;
    this.#entries = machine.drain();
  }

  override when(...moves: readonly Move[]): Happened {
    this.#expectNoError();
    return super.when(...moves);
  }

  /** These events were appended, and no others; nothing was refused. */
  then(...events: readonly Event[]): this {
    this.#expectNoError();
    expect(this.#entries.map(({ event }) => event)).toEqual(events);
    expect(this.#refusals).toEqual([]);
    return this;
  }

  /** The last of the inputs was refused, and nothing is as if it had never come. */
  thenRefused(code: KernelErrorCode): this {
    this.#expectNoError();
    expect(this.#refusals.map((refusal) => refusal.code)).toEqual([code]);
    expect(this.#entries).toEqual([]);
    expect(standingOf(this.machine)).toEqual(this.#before);
    return this;
  }

  /** It threw, and the machine is as it was. */
  thenThrows(code: KernelErrorCode, message = ''): this {
    expect(this.#thrown).toMatchObject({ name: 'KernelError', code });
    expect(isKernelError(this.#thrown) && this.#thrown.message).toContain(message);
    expect(this.#entries).toEqual([]);
    expect(standingOf(this.machine)).toEqual(this.#before);
    return this;
  }

  /** The run waits for this. */
  andWaitsFor(waiting: Waiting): this {
    expect(this.machine.waiting).toEqual(waiting);
    return this;
  }

  /** The run has ended like this. */
  andEnded(outcome: Outcome): this {
    return this.andWaitsFor({ for: 'nothing', outcome });
  }

  /** The state has at least this. */
  andState(state: object): this {
    expect(this.machine.state).toMatchObject(state);
    return this;
  }

  #expectNoError(): void {
    if (this.#thrown !== null) throw this.#thrown as Error;
  }
}

function makeMove(machine: Machine, move: Move): Refusal | null {
  if (move === STEP) machine.advance();
  else if (move === STEPS) while (machine.waiting.for === 'step') machine.advance();
  else return machine.deliver(move);
  return null;
}

function standingOf(machine: Machine): Json {
  return JSON.parse(JSON.stringify(machine.checkpoint())) as Json;
}

/** A resume; named when it says which interrupt it answers. */
export function resume(value: unknown, interruptedAt?: Seq): Input {
  return interruptedAt === undefined
    ? { type: 'resume', value }
    : { type: 'resume', value, interruptId: `${RUN}-${interruptedAt}` };
}

/** A signal. */
export function signal(name: string, value: unknown): Input {
  return { type: 'signal', name, value };
}

/** The success of the action that was requested at that seq. */
export function success(requestedAt: Seq, output: unknown): Input {
  return {
    type: 'result',
    actionId: actionIdOf(RUN, requestedAt),
    result: { type: 'success', output: output as Json },
  };
}

/** The failure of the action that was requested at that seq. */
export function failure(requestedAt: Seq, error: string): Input {
  return { type: 'result', actionId: actionIdOf(RUN, requestedAt), result: { type: 'failure', error } };
}

/** A cancel. */
export const CANCEL: Input = { type: 'cancel' };

/** The events of a log, in short. */
export const event = {
  updated: (payload: Json, stepId: string | null = null): Event => ({ type: 'StateUpdated', stepId, payload }),
  requested: (seq: Seq, payload: Json): Event => ({
    type: 'ActionRequested',
    actionId: actionIdOf(RUN, seq),
    payload,
  }),
  tool: (seq: Seq, tool: string, input: Json): Event => event.requested(seq, { CallTool: { tool, input } }),
  succeeded: (requestedAt: Seq, output: Json): Event => ({
    type: 'ActionSucceeded',
    actionId: actionIdOf(RUN, requestedAt),
    output,
  }),
  failed: (requestedAt: Seq, error: string): Event => ({
    type: 'ActionFailed',
    actionId: actionIdOf(RUN, requestedAt),
    error,
  }),
  interrupted: (value: Json): Event => ({ type: 'Interrupted', value }),
  resumed: (value: Json): Event => ({ type: 'Resumed', value }),
  completed: { type: 'Completed' } as Event,
} as const;
