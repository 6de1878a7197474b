/** A program of many short calls, each of which leaves a line in a file when it begins: outside of all that Temporal knows. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { callTool, complete, defineProgram, tool, update, type ToolContext } from '../../src/kernel';

/** The environment variable with the directory of the files. */
export const CLOCKWORK_ENV = 'TEMPORAL_KERNEL_TEST_CLOCKWORK';

const Turn = z.object({ at: z.number() });

export const clockwork = defineProgram({
  name: 'clockwork',
  state: z.object({
    calls: z.number(),
    at: z.number().default(0),
    sum: z.number().default(0),
    noted: z.boolean().default(false),
  }),
  tools: {
    /** Does something that must not be done twice. */
    tick: tool({ input: Turn, output: z.number(), short: true, run: turn('tick') }),
    /** Looks at something. */
    look: tool({ input: Turn, output: z.number(), short: 'repeatable', run: turn('look') }),
  },
  step: ({ calls, at, noted }) => {
    if (at === calls) return complete();
    if (at % 10 === 9 && !noted) return update(at, 'ten');
    return callTool(at % 5 < 3 ? 'tick' : 'look', { at });
  },
  reduce: (state, event) => {
    switch (event.type) {
      case 'StateUpdated':
        return { ...state, noted: true };
      case 'ActionSucceeded':
        return { ...state, at: state.at + 1, sum: state.sum + Number(event.output), noted: false };
      default:
        return state;
    }
  },
});

/** What every call gives, whoever makes it. */
export function givenAt(at: number): number {
  return at * 2;
}

function turn(kind: Beginning['kind']): (input: { at: number }, context: ToolContext) => Promise<number> {
  return async ({ at }, { runId, actionId }) => {
    const beginning: Beginning = { kind, actionId, atMs: Date.now() };
    appendFileSync(join(process.env[CLOCKWORK_ENV] ?? '', runId), `${JSON.stringify(beginning)}\n`);
    if (at % 3 > 0) await pause(at % 3);
    return givenAt(at);
  };
}

/** A call that began. */
export interface Beginning {
  readonly kind: 'tick' | 'look';
  readonly actionId: string;
  readonly atMs: number;
}

/** The calls of a run that began, in order. What a killed worker had half written is not there. */
export function beginningsOf(directory: string, runId: string): readonly Beginning[] {
  const lines = readFileSync(join(directory, runId), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Beginning);
}
