/** A program that can be made in a broken and in a mended version. */
import { z } from 'zod';
import { callTool, complete, defineProgram, tool, type DefinedProgram } from '../../src/kernel';

const hammer = tool({ input: z.null(), output: z.string(), run: () => 'hit' });

export function apprentice(version: 'mended' | 'without its tool' | 'with a clock'): DefinedProgram {
  return defineProgram({
    name: 'apprentice',
    state: z.object({ done: z.string().nullable().default(null), at: z.number().default(0) }),
    tools: version === 'without its tool' ? {} : { hammer },
    step: ({ done }) => (done === null ? callTool('hammer', null) : complete()),
    reduce: (state, event) => {
      if (event.type !== 'ActionSucceeded') return state;
      return { done: JSON.stringify(event.output), at: version === 'with a clock' ? Date.now() : 0 };
    },
  });
}
