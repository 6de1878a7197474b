/**
 * The execution step: a step that is told what woke it, for adapters that want to know.
 *
 * Source: Oris kernel, `execution_step`. It is pure: the state and the input go in, a {@link StepResult} comes out, and there
 * is no other way for it to do anything. The machine itself needs no input: what woke a run is in its log, and so in its state.
 */
import { KernelError, messageOf } from './error';
import { sealJson, type Json } from './json';
import type { Next, StepFn } from './step';

/** What woke a step. */
export type ExecutionStepInput =
  /** Nothing did: the run begins, or goes on by itself. */
  | { readonly type: 'Initial' }
  /** An answer. */
  | { readonly type: 'Resume'; readonly value: Json }
  | { readonly type: 'Signal'; readonly name: string; readonly value: Json };

/** What a step says: all that it can do. */
export type StepResult = Next;

/** A step that is told what woke it. */
export interface ExecutionStep<S = Json> {
  /** @throws KernelError `InvalidStepInput`, and whatever the step throws */
  execute(state: S, input: ExecutionStepInput): StepResult;
}

/**
 * Checks an input: a signal has a name, and values are JSON.
 *
 * @throws KernelError `InvalidStepInput`
 */
export function assertStepInput(input: ExecutionStepInput): void {
  switch (input.type) {
    case 'Initial':
      return;
    case 'Signal':
      if (typeof input.name !== 'string' || input.name === '')
        throw invalid('the name of a signal is a text that is not empty');
      assertJson(input.value);
      return;
    case 'Resume':
      assertJson(input.value);
      return;
    default:
      throw invalid('a step is woken by Initial, Resume or Signal');
  }
}

/** A step function as an execution step: the input is checked and has no influence, because the state says it all. */
export function executionStep<S = Json>(step: StepFn<S>): ExecutionStep<S> {
  return {
    execute(state, input) {
      assertStepInput(input);
      return step(state);
    },
  };
}

function assertJson(value: unknown): void {
  try {
    sealJson(value);
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

function invalid(reason: string): KernelError {
  return new KernelError('InvalidStepInput', `no input for a step: ${reason}`);
}
