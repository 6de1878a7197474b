/** The golden documents' `Fold` reducer, which lets every kind of event leave a trace in the state. */
import type { Event } from '../../src/kernel/event';
import type { Json } from '../../src/kernel/json';
import { replayProgram, type ReplayProgram } from '../../src/kernel/replay-program';

/** A replay program that folds as the golden documents do. */
export const foldProgram: ReplayProgram = replayProgram((state, event) => {
  const object = typeof state === 'object' && !Array.isArray(state) ? (state as Readonly<Record<string, Json>>) : {};
  return fold(object, event);
});

function fold(state: Readonly<Record<string, Json>>, event: Event): Json {
  const count = (key: string): number => ((state[key] as number | undefined) ?? 0) + 1;
  switch (event.type) {
    case 'StateUpdated':
      return event.payload;
    case 'ActionRequested':
      return { ...state, pending: event.actionId };
    case 'ActionSucceeded':
      return { ...state, pending: null, last_output: event.output, actions: count('actions') };
    case 'ActionFailed':
      return { ...state, pending: null, last_error: event.error };
    case 'Interrupted':
      return { ...state, waiting: true, asked: event.value };
    case 'Resumed':
      return { ...state, waiting: false, answer: event.value, answers: count('answers') };
    case 'Completed':
      return { ...state, done: true };
  }
}
