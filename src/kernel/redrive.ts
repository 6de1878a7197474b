/**
 * Re-driving a log: the program is asked again at every step, and told what the log says happened outside.
 *
 * A replay reduces a log and believes it. This asks whether the program, as it is now, would do the same again, and names the first
 * event where it would not. Nothing is executed: results, answers and signals come from the log.
 */
import type { ActionResult } from './action';
import { KernelError, messageOf } from './error';
import type { SequencedEvent } from './event';
import { sequencedEventText } from './event-wire';
import type { RunId, Seq } from './identity';
import { Machine } from './machine';
import type { Input } from './machine-input';
import type { Program } from './program';
import { describe } from './waiting';

/**
 * Drives a run through its whole log.
 *
 * @param events the log, from its first event on
 * @returns the machine at the end of the log
 * @throws KernelError `ReplayMismatch`, with the seq of the first event that would be another one now, or not be
 */
export function redrive(
  program: Program,
  runId: RunId,
  initialState: unknown,
  events: readonly SequencedEvent[],
): Machine {
  const machine = Machine.start(program, runId, initialState);
  let at = 0;
  while (at < events.length) {
    const recorded = events[at] as SequencedEvent;
    if (machine.waiting.for === 'nothing')
      throw mismatch(recorded.seq, `none: the run waits for ${describe(machine.waiting)}`, recorded);
    move(machine, recorded);
    for (const entry of machine.drain()) {
      const there = events[at];
      const text = sequencedEventText(entry);
      if (there === undefined || sequencedEventText(there) !== text) throw mismatch(entry.seq, text, there);
      at += 1;
    }
  }
  return machine;
}

/** Does what made the recorded event: tells the machine its input, or lets the program take its step. */
function move(machine: Machine, recorded: SequencedEvent): void {
  const input = inputOf(recorded);
  if (input === null && machine.waiting.for !== 'step') {
    throw mismatch(recorded.seq, `none: the run waits for ${describe(machine.waiting)}`, recorded);
  }
  try {
    if (input === null) {
      machine.advance();
    } else {
      const refusal = machine.deliver(input);
      if (refusal !== null) throw new KernelError(refusal.code, refusal.reason);
    }
  } catch (error) {
    throw mismatch(recorded.seq, `an error (${messageOf(error)})`, recorded, error);
  }
}

/** What an event says was told from outside; null for what the program itself asked for. */
function inputOf({ event }: SequencedEvent): Input | null {
  const result = (actionId: string, given: ActionResult): Input => ({ type: 'result', actionId, result: given });
  switch (event.type) {
    case 'ActionSucceeded':
      return result(event.actionId, { type: 'success', output: event.output });
    case 'ActionFailed':
      return result(event.actionId, { type: 'failure', error: event.error });
    case 'Resumed':
      return { type: 'resume', value: event.value };
    default:
      return null;
  }
}

function mismatch(seq: Seq, expected: string, there: SequencedEvent | undefined, cause?: unknown): KernelError {
  const found = there === undefined ? 'the log ends' : `the log has ${sequencedEventText(there)}`;
  return new KernelError('ReplayMismatch', `at seq ${seq} the program gives ${expected}, but ${found}`, { cause, seq });
}
