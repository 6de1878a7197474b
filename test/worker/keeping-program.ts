/** A program whose one tool keeps its input as an artifact, reads it again, and gives the reference. */
import { z } from 'zod';
import { ARTIFACT_TAG, allowAll, callTool, complete, defineProgram, tool } from '../../src/kernel';

const Ref = z.object({ [ARTIFACT_TAG]: z.object({ address: z.string(), bytes: z.number() }) });

export const keeping = defineProgram({
  name: 'keeping',
  state: z.object({ text: z.string(), kept: z.nullable(Ref).default(null) }),
  tools: {
    keep: tool({
      input: z.object({ text: z.string() }),
      output: Ref,
      run: async (input, { artifacts }) => {
        if (artifacts === null) throw new Error('there is no place for artifacts');
        const ref = await artifacts.put(input);
        const read = await artifacts.get(ref[ARTIFACT_TAG].address);
        if (JSON.stringify(read) !== JSON.stringify(input)) throw new Error('it is another one');
        return ref;
      },
    }),
  },
  policy: allowAll(),
  step: ({ text, kept }) => (kept === null ? callTool('keep', { text }) : complete()),
  reduce: (state, event) =>
    event.type === 'ActionSucceeded' ? { ...state, kept: event.output as z.output<typeof Ref> } : state,
});
