/** A talker: asks a model one question, makes the calls that it wants, tells it what came of them, and ends with what it says. */
import { z } from 'zod';
import {
  EntrySchema,
  JsonSchema,
  ModelCallSchema,
  ModelResultSchema,
  type Answer,
  type ModelUse,
} from '../../src/agents';
import { allowAll, callLLM, callTool, complete, defineProgram, retryWithBackoff, tool } from '../../src/kernel';

const model: ModelUse = { tools: ['measure'], output: null, maxOutputTokens: 500, temperature: 0 };

export const talker = defineProgram({
  name: 'talker',
  state: z.object({
    question: z.string(),
    transcript: z.string().nullable().default(null),
    entries: z.array(EntrySchema).default([]),
    calls: z.array(z.object({ callId: z.string(), input: JsonSchema })).default([]),
    said: z.string().nullable().default(null),
  }),
  tools: {
    measure: tool({
      description: 'Measures a word',
      input: z.object({ word: z.string() }),
      output: z.int(),
      run: ({ word }) => word.length,
    }),
  },
  providers: {
    main: {
      input: ModelCallSchema,
      output: ModelResultSchema,
      heartbeatTimeoutMs: 5_000,
      model,
    },
  },
  policy: retryWithBackoff(allowAll(), { maxRetries: 5, backoffBaseMs: 20 }),
  step({ question, transcript, entries, calls, said }) {
    if (said !== null) return complete();
    const [call] = calls;
    if (call !== undefined) return callTool('measure', call.input);
    const told = transcript === null ? [{ role: 'user', text: question }] : entries;
    return callLLM('main', { task: 'answer', transcript, entries: told, mcpTools: null });
  },
  reduce(state, event) {
    if (event.type !== 'ActionSucceeded') return state;
    const [call, ...rest] = state.calls;
    if (call !== undefined) {
      const { callId } = call;
      const result = { role: 'tool' as const, callId, tool: 'measure', result: event.output as number, isError: false };
      return { ...state, calls: rest, entries: [...state.entries, result] };
    }
    const { transcript, calls, text } = event.output as unknown as Answer;
    const wanted = calls.map(({ callId, input }) => ({ callId, input }));
    return { ...state, transcript, entries: [], calls: wanted, said: calls.length === 0 ? text : null };
  },
});
