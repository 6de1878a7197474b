/**
 * What a step may say: emit events, do actions, interrupt to ask a person, or complete.
 *
 * Source: Oris kernel, `step`.
 */
import type { Action } from './action';
import { KernelError } from './error';
import type { Event } from './event';
import type { StepId } from './identity';
import type { Json } from './json';

/** A step's own events. Lifecycle events (requests, results, interrupts) are the kernel's to write. */
export type StateUpdated = Extract<Event, { type: 'StateUpdated' }>;

/** What an interrupt asks. */
export interface InterruptInfo {
  readonly value: Json;
}

/** What to do next. */
export type Next =
  | { readonly type: 'Emit'; readonly events: readonly StateUpdated[] }
  | { readonly type: 'Do'; readonly action: Action }
  /** Several actions at once; the run goes on when all have ended. */
  | { readonly type: 'DoAll'; readonly actions: readonly Action[] }
  | { readonly type: 'Interrupt'; readonly info: InterruptInfo }
  | { readonly type: 'Complete' };

/** Says what to do next in a state. A step function is pure: the same state always gives the same answer. */
export type StepFn<S = Json> = (state: S) => Next;

/** Emit events: all of them or none. */
export function emit(...events: readonly StateUpdated[]): Next {
  return { type: 'Emit', events };
}

/** Emit one state update. What the payload means is the program's `reduce` to say. */
export function update(payload: unknown, stepId: StepId | null = null): Next {
  return emit({ type: 'StateUpdated', stepId, payload: payload as Json });
}

/** Call a tool. */
export function callTool(tool: string, input: unknown): Next {
  return { type: 'Do', action: { type: 'CallTool', tool, input: input as Json } };
}

/** Call a language model. */
export function callLLM(provider: string, input: unknown): Next {
  return { type: 'Do', action: { type: 'CallLLM', provider, input: input as Json } };
}

/**
 * Do several actions at once: `all(callTool('a', 1), callTool('b', 2))`. Their results are in the log in this order, whichever came first.
 *
 * @throws KernelError `Driver` for what is no action
 */
export function all(...asked: readonly Next[]): Next {
  const actions = asked.flatMap((next) => {
    if (next.type === 'Do') return [next.action];
    if (next.type === 'DoAll') return next.actions;
    throw new KernelError('Driver', `only actions can be done at once, not ${next.type}`);
  });
  return { type: 'DoAll', actions };
}

/** Sleep for so many milliseconds. */
export function sleep(millis: number): Next {
  return { type: 'Do', action: { type: 'Sleep', millis } };
}

/** Wait for a signal of that name; its value is the action's output. */
export function waitSignal(name: string): Next {
  return { type: 'Do', action: { type: 'WaitSignal', name } };
}

/** Interrupt the run to ask a person; the answer arrives as `Resumed`. */
export function interrupt(value: unknown): Next {
  return { type: 'Interrupt', info: { value: value as Json } };
}

/** The run is complete. */
export function complete(): Next {
  return { type: 'Complete' };
}
