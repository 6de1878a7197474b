/** Says whether a run takes an input, as it stands, and what the input's value becomes in the log. Changes nothing. */
import { KernelError, type KernelErrorCode } from './error';
import type { Json } from './json';
import type { Input, Refusal } from './machine-input';
import type { Program } from './program';
import { describe, type Waiting } from './waiting';

/** Inputs that may wait unread; more are refused. */
export const UNREAD_INPUTS_MAX = 1_000;

/** Where a run stands when an input arrives. */
export interface Standing {
  readonly waiting: Waiting;
  readonly cancelling: boolean;
  /** Inputs that wait unread. */
  readonly unread: number;
}

/** The value that the log gets, or why the input is refused. */
export type Examined = { readonly value: Json } | { readonly refusal: Refusal };

/**
 * Examines an input.
 *
 * @throws KernelError `Driver` for the result of an action that the run does not wait for: that is the shell's mistake
 */
export function examineInput(program: Program, standing: Standing, input: Input): Examined {
  const { waiting, cancelling } = standing;
  if (waiting.for === 'nothing') return refuse('RunFinished', `the run has ended: ${waiting.outcome.type}`);
  switch (input.type) {
    case 'cancel':
      return { value: null };
    case 'result':
      if (waiting.for === 'action' && waiting.actionId === input.actionId) return { value: null };
      throw new KernelError('Driver', `a result for ${input.actionId}, but the run waits for ${describe(waiting)}`);
    case 'resume':
      return cancelling ? beingCancelled() : examineResume(program, standing, input);
    case 'signal':
      return cancelling ? beingCancelled() : examineSignal(program, standing, input);
  }
}

function examineResume(program: Program, standing: Standing, input: Extract<Input, { type: 'resume' }>): Examined {
  const { waiting } = standing;
  const { interruptId } = input;
  if (interruptId !== undefined && !(waiting.for === 'answer' && waiting.interruptId === interruptId)) {
    return refuse(
      'InterruptNotPending',
      `interrupt ${interruptId} is not pending: the run waits for ${describe(waiting)}`,
    );
  }
  const answer = program.readAnswer(input.value);
  if (!answer.ok) return refuse('InvalidAnswer', `the answer is refused: ${answer.reason}`);
  return waiting.for === 'action' ? roomFor(standing, answer.value) : answer;
}

function examineSignal(program: Program, standing: Standing, input: Extract<Input, { type: 'signal' }>): Examined {
  const { waiting } = standing;
  const { name, value } = input;
  const declared = program.awaitsSignal(name);
  const awaited = waiting.for === 'action' && waiting.action.type === 'WaitSignal' && waiting.action.name === name;
  const signal = declared || awaited ? program.readSignal(name, value) : program.readAnswer(value);
  if (!signal.ok) return refuse('InvalidSignal', `signal ${name} is refused: ${signal.reason}`);
  const isReadAtOnce = awaited || (!declared && waiting.for !== 'action');
  return isReadAtOnce ? signal : roomFor(standing, signal.value);
}

/** Only what has to wait needs room: a full inbox must not keep out the very input that the run waits for. */
function roomFor({ unread }: Standing, value: Json): Examined {
  if (unread < UNREAD_INPUTS_MAX) return { value };
  return refuse('TooManyUnread', `${UNREAD_INPUTS_MAX} inputs are unread: send again when the run went on`);
}

function beingCancelled(): Examined {
  return refuse('RunFinished', 'the run is being cancelled');
}

function refuse(code: KernelErrorCode, reason: string): Examined {
  return { refusal: { code, reason } };
}
