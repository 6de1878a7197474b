/**
 * A program that follows a script: the n-th step is the script's n-th line, and after the last one the run completes. Its
 * state says where it is and what it saw, so a test can look at both.
 */
import { z } from 'zod';
import { defineProgram, type DefinedProgram, type ProgramDefinition } from '../../src/kernel/program';
import type { Event } from '../../src/kernel/event';
import type { Json } from '../../src/kernel/json';
import { complete, type Next } from '../../src/kernel/step';
import { tool } from '../../src/kernel/tool';

/** Where a script stands, and what it saw so far. */
export interface ScriptState {
  readonly at: number;
  readonly seen: readonly Json[];
}

const json = z.json() as z.ZodType<Json, Json>;

/** The start of every script. */
export const START: ScriptState = { at: 0, seen: [] };

/** Marks an event of a batch that is not the batch's last: the script stays at its line. */
export const MORE = 'more';

/** A program that follows the script. It has the tools `echo` (any JSON) and `count` (whole numbers), and waits for `go`. */
export function scriptProgram(
  script: readonly Next[],
  changes: Partial<ProgramDefinition<ScriptState, ScriptState, Json, Json>> = {},
): DefinedProgram<ScriptState, ScriptState, Json> {
  return defineProgram<ScriptState, ScriptState>({
    name: 'script',
    state: z.object({ at: z.number(), seen: z.array(json) }),
    tools: {
      echo: tool({ input: json, output: json }),
      count: tool({ input: json, output: z.int() }),
    },
    providers: { model: tool({ input: json, output: json }) },
    signals: { go: json },
    step: ({ at }) => script[at] ?? complete(),
    reduce: (state, event) => ({
      at: state.at + (movesOn(event) ? 1 : 0),
      seen: [...state.seen, sightOf(event)],
    }),
    ...changes,
  });
}

/** A script with actions at once in it: each of them moves it on by a line, so what comes next stands as many lines below. */
export function lines(...script: readonly Next[]): readonly Next[] {
  return script.flatMap((next): readonly Next[] => (next.type === 'DoAll' ? next.actions.map(() => next) : [next]));
}

function movesOn(event: Event): boolean {
  switch (event.type) {
    case 'StateUpdated':
      return event.stepId !== MORE;
    case 'ActionRequested':
    case 'Interrupted':
      return true;
    default:
      return false;
  }
}

function sightOf(event: Event): Json {
  switch (event.type) {
    case 'StateUpdated':
    case 'ActionRequested':
      return [event.type, event.payload];
    case 'ActionSucceeded':
      return [event.type, event.output];
    case 'ActionFailed':
      return [event.type, event.error];
    case 'Interrupted':
    case 'Resumed':
      return [event.type, event.value];
    case 'Completed':
      return [event.type];
  }
}
