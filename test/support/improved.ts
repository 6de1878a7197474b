/** A program in two versions: the second asks for more than the first, so neither can replay the other's runs. */
import { z } from 'zod';
import { callTool, complete, defineProgram, interrupt, tool, type DefinedProgram } from '../../src/kernel';

const greet = tool({ input: z.string(), output: z.string(), run: (name) => `hello ${name}` });

export function improved(
  version: 1 | 2,
): DefinedProgram<{ done: string[]; asked: boolean }, { done?: string[] | undefined; asked?: boolean | undefined }> {
  const greeted = version === 1 ? ['Ada'] : ['Ada', 'Alan'];
  return defineProgram({
    name: 'improved',
    version,
    state: z.object({ done: z.array(z.string()).default([]), asked: z.boolean().default(false) }),
    tools: { greet },
    step: ({ done, asked }) => {
      const next = greeted[done.length];
      if (next === undefined) return complete();
      return asked ? callTool('greet', next) : interrupt('go on?');
    },
    reduce: (state, event) => {
      if (event.type === 'Resumed') return { ...state, asked: true };
      return event.type === 'ActionSucceeded' ? { done: [...state.done, event.output as string], asked: false } : state;
    },
  });
}
