/** The program that the kernel's bench runs: it counts the actions that it asked for. The reference's bench runs the same. */
import { z } from 'zod';
import {
  callTool,
  complete,
  defineProgram,
  stateUpdatedOnlyReducer,
  tool,
  type ActionExecutor,
  type DefinedProgram,
  type Event,
  type Json,
} from '../../src/kernel';

const Output = z.object({ ok: z.boolean() });

const State = z.object({ last: Output.nullable(), n: z.int(), pad: z.array(z.string()) });

/** How many actions were done, the last one's output, and padding. */
export type CountingState = z.infer<typeof State>;

/** A state of 28 bytes. */
export function smallState(): CountingState {
  return { last: null, n: 0, pad: [] };
}

/** A state of 1,035 bytes. */
export function paddedState(): CountingState {
  return { ...smallState(), pad: Array.from({ length: 16 }, (_, index) => String(index).padStart(60, '0')) };
}

/** Asks for so many actions, one after the other. */
export function countingProgram(actions: number): DefinedProgram<CountingState> {
  return defineProgram({
    name: 'counting',
    state: State,
    tools: { inc: tool({ input: z.object({ at: z.int(), by: z.int() }), output: Output }) },
    step: ({ n }) => (n < actions ? callTool('inc', { by: 1, at: n }) : complete()),
    reduce: (state, event) =>
      event.type === 'ActionSucceeded' ? { ...state, n: state.n + 1, last: event.output as { ok: boolean } } : state,
  });
}

/** Takes every `StateUpdated` as the new state. */
export function updatedProgram(): DefinedProgram<CountingState> {
  return defineProgram({
    name: 'updated',
    state: State,
    step: () => complete(),
    reduce: (state, event) => stateUpdatedOnlyReducer(state as unknown as Json, event) as unknown as CountingState,
  });
}

/** Does nothing, successfully. */
export const idleExecutor: ActionExecutor = {
  execute: () => Promise.resolve({ type: 'success', output: { ok: true } }),
};

/** The log of so many actions, made anew, so that nobody has seen its parts before. */
export function actionEvents(runId: string, actions: number): readonly Event[] {
  return Array.from({ length: actions }, (_, at): readonly Event[] => {
    const actionId = `${runId}-${2 * at + 1}`;
    return [
      { type: 'ActionRequested', actionId, payload: { CallTool: { input: { at, by: 1 }, tool: 'inc' } } },
      { type: 'ActionSucceeded', actionId, output: { ok: true } },
    ];
  }).flat();
}

/** A log of so many updates, each with a whole state of 1 KB. */
export function updateEvents(count: number): readonly Event[] {
  return Array.from({ length: count }, (_, n): Event => {
    return { type: 'StateUpdated', stepId: 'n', payload: { ...paddedState(), n } };
  });
}
