/**
 * Alternates: what may take the place of a log's next event at a fork point.
 *
 * Only what comes from outside, or a state update where a step could make one: an answer where a question is pending, a
 * result for the pending action, a state update at the boundary between two steps. Requests, questions and ends are the
 * program's and the kernel's to write. What a program checks when it comes from outside is checked here too.
 */
import type { Action } from './action';
import { KernelError } from './error';
import type { Event } from './event';
import { decodeEvent, encodeEvent } from './event-wire';
import type { ActionId } from './identity';
import type { Json } from './json';
import { readAnswerOf, type ReplayProgram } from './replay-program';
import { describe, isPaused, type Waiting } from './waiting';

/**
 * The alternate as the branch's log has it.
 *
 * @param waiting what the branch waits for at the fork point
 * @param sourceActionId what the source calls the action that the branch waits for; a result may name either
 * @throws KernelError `IllegalAlternate`, `InvalidAnswer`, `InvalidEvent`
 */
export function alternateAt(
  program: ReplayProgram,
  waiting: Waiting,
  sourceActionId: ActionId | null,
  alternate: Event,
): Event {
  const event = decodeEvent(encodeEvent(alternate));
  if (waiting.for === 'step' && event.type === 'StateUpdated') return event;
  if (waiting.for === 'answer' && waiting.ballot === undefined && !isPaused(waiting) && event.type === 'Resumed') {
    const answer = readAnswerOf(program, event.value);
    if (answer.ok) return { type: 'Resumed', value: answer.value };
    throw new KernelError('InvalidAnswer', `the alternate's answer is refused: ${answer.reason}`);
  }
  if (
    waiting.for === 'action' &&
    waiting.denied === undefined &&
    (event.type === 'ActionSucceeded' || event.type === 'ActionFailed')
  ) {
    const { action, actionId } = waiting;
    if (event.actionId !== actionId && event.actionId !== sourceActionId) {
      throw illegal(`it is a result of ${event.actionId}, but the branch waits for ${describe(waiting)}`);
    }
    if (event.type === 'ActionFailed') return { ...event, actionId };
    return { type: 'ActionSucceeded', actionId, output: outputOf(program, action, event.output) };
  }
  throw illegal(`${event.type} can't follow where the branch waits for ${describe(waiting)}`);
}

function outputOf(program: ReplayProgram, action: Action, output: Json): Json {
  if (action.type === 'WaitSignal') {
    const signal = program.readSignal?.(action.name, output) ?? { ok: true, value: output };
    if (signal.ok) return signal.value;
    throw illegal(`signal ${action.name} is refused: ${signal.reason}`);
  }
  const result = program.readOutput?.(action, output) ?? { type: 'success', output };
  if (result.type === 'success') return result.output;
  throw illegal(result.error);
}

function illegal(reason: string): KernelError {
  return new KernelError('IllegalAlternate', `no alternate for this fork point: ${reason}`);
}
