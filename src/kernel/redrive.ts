/**
 * Re-driving a log: the program is asked again at every step, and told what the log says happened outside.
 *
 * A replay reduces a log and believes it. This asks whether the program, as it is now, would do the same again, and names the first
 * event where it would not. Nothing is executed: results, answers and signals come from the log.
 */
import type { ActionResult } from './action';
import { KernelError, messageOf } from './error';
import { eventActionIdOf, type Event, type SequencedEvent } from './event';
import { sequencedEventText } from './event-wire';
import type { InterruptId, RunId, Seq } from './identity';
import { Machine } from './machine';
import type { Input } from './machine-input';
import type { Lineage } from './machine-replay';
import type { Program } from './program';
import { resumptionIn, type Resumption, type Vote } from './resumption';
import { describe, pendingActionsOf, type Waiting } from './waiting';

/**
 * Drives a run through its whole log.
 *
 * @param events the log, from its first event on
 * @param lineage what the run was started with beside its state
 * @returns the machine at the end of the log
 * @throws KernelError `ReplayMismatch`, with the seq of the first event that would be another one now, or not be
 */
export function redrive(
  program: Program,
  runId: RunId,
  initialState: unknown,
  events: readonly SequencedEvent[],
  lineage: Lineage = {},
): Machine {
  const machine = Machine.start(program, runId, initialState, lineage);
  let at = 0;
  while (at < events.length) {
    const recorded = events[at] as SequencedEvent;
    if (machine.waiting.for === 'nothing')
      throw mismatch(recorded.seq, `none: the run waits for ${describe(machine.waiting)}`, recorded);
    const inputs = inputsOf(machine.waiting, events, at);
    move(machine, recorded, inputs);
    const entries = machine.drain();
    if (entries.length === 0 && inputs.length > 0) {
      throw mismatch(recorded.seq, `none: the run waits for ${describe(machine.waiting)}`, recorded);
    }
    for (const entry of entries) {
      const there = events[at];
      const text = sequencedEventText(entry);
      if (there === undefined || sequencedEventText(there) !== text) throw mismatch(entry.seq, text, there);
      at += 1;
    }
  }
  return machine;
}

/** Does what made the recorded event: tells the machine its inputs, or lets the program take its step. */
function move(machine: Machine, recorded: SequencedEvent, inputs: readonly Input[]): void {
  if (inputs.length === 0 && machine.waiting.for !== 'step') {
    throw mismatch(recorded.seq, `none: the run waits for ${describe(machine.waiting)}`, recorded);
  }
  try {
    if (inputs.length === 0) machine.advance();
    for (const input of inputs) {
      const refusal = machine.deliver(input);
      if (refusal !== null) throw new KernelError(refusal.code, refusal.reason);
    }
  } catch (error) {
    throw mismatch(recorded.seq, `an error (${messageOf(error)})`, recorded, error);
  }
}

/** What the next event, or the results that stand together, say was told from outside; nothing where the program itself asked. */
function inputsOf(waiting: Waiting, events: readonly SequencedEvent[], at: number): readonly Input[] {
  const told = pendingActionsOf(waiting).filter(({ denied }) => denied === undefined).length;
  const together = events
    .slice(at, at + Math.max(1, pendingActionsOf(waiting).length))
    .map(({ event }) => (isDenied(waiting, event) ? null : inputOf(waiting, event)))
    .filter((input) => input !== null);
  if (told > 1 && together.every(({ type }) => type === 'result')) return together;
  return together.slice(0, 1);
}

/** What people denied is not done, and nobody tells its result. */
function isDenied(waiting: Waiting, event: Event): boolean {
  return pendingActionsOf(waiting).some(
    ({ actionId, denied }) => denied !== undefined && actionId === eventActionIdOf(event),
  );
}

/** What an event says was told from outside; null for what the program itself asked for. */
function inputOf(waiting: Waiting, event: Event): Input | null {
  const result = (actionId: string, given: ActionResult): Input => ({ type: 'result', actionId, result: given });
  switch (event.type) {
    case 'ActionSucceeded':
      return result(event.actionId, { type: 'success', output: event.output });
    case 'ActionFailed':
      return result(event.actionId, { type: 'failure', error: event.error });
    case 'Resumed':
    case 'Interrupted': {
      const resumption = resumptionIn(event.value);
      if (resumption !== null) return inputBehind(waiting, resumption);
      return event.type === 'Resumed' ? { type: 'resume', value: event.value } : null;
    }
    default:
      return null;
  }
}

/** What somebody said, or the time that came, that is in the log as this. */
function inputBehind(waiting: Waiting, resumption: Resumption): Input {
  const said = (interruptId: InterruptId, { by, roles, value }: Vote): Input => {
    return { type: 'resume', interruptId, by, roles, value };
  };
  switch (resumption.type) {
    case 'vote':
      return said(resumption.vote.interruptId, resumption.vote);
    case 'decision':
    case 'approval': {
      const { interruptId, vote } = resumption.type === 'decision' ? resumption.decision : resumption.approval;
      if (vote !== null) return said(interruptId, vote);
      const stage = waiting.for === 'answer' ? (waiting.ballot?.stage ?? 0) : 0;
      return { type: 'elapsed', interruptId, stage };
    }
    case 'escalated':
      return { type: 'elapsed', ...resumption.escalated };
    case 'steer':
      return { type: 'steer', ...resumption.steer };
    case 'pause':
      return { type: 'pause', ...resumption.pause };
    case 'unpause':
      return { type: 'unpause', ...resumption.unpause };
  }
}

function mismatch(seq: Seq, expected: string, there: SequencedEvent | undefined, cause?: unknown): KernelError {
  const found = there === undefined ? 'the log ends' : `the log has ${sequencedEventText(there)}`;
  return new KernelError('ReplayMismatch', `at seq ${seq} the program gives ${expected}, but ${found}`, { cause, seq });
}
