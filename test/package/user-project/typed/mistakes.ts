/** What the types must refuse. Each line that they let pass is an error: nothing here is ever run. */
import type { Client } from '@temporalio/client';
import { createWorker, KernelClient } from 'temporal-kernel';
import { defineProgram, tool, type Next } from 'temporal-kernel/kernel';
import { programWorkflow } from 'temporal-kernel/workflow';
import { z } from 'zod';
import { wordCounter } from './program';

export const givesAText = tool({
  input: z.object({ path: z.string() }),
  output: z.object({ words: z.int() }),
  // @ts-expect-error a tool gives what its output schema says
  run: () => ({ words: 'many' }),
});

export const takesANumber = tool({
  input: z.object({ path: z.string() }),
  output: z.null(),
  // @ts-expect-error a tool is given what its input schema says
  run: ({ path }) => (path > 3 ? null : path.toFixed()),
});

export const counter = defineProgram({
  name: 'counter',
  state: z.object({ count: z.int() }),
  // @ts-expect-error a step says what to do next
  step: ({ count }) => count + 1,
  // @ts-expect-error a state fits its schema
  reduce: ({ count }) => ({ count: String(count) }),
});

export async function mistaken(client: Client, next: Next): Promise<void> {
  const runs = new KernelClient({ client, programs: [wordCounter] });
  await runs.start(wordCounter, { initialState: { path: 'words.txt', words: null } });
  // @ts-expect-error an initial state fits what the program's state is made from
  await runs.start(wordCounter, { initialState: { path: 3 } });
  // @ts-expect-error a program is made by defineProgram
  await createWorker({ programs: [{ name: 'wordCounter' }] });
  // @ts-expect-error a workflow is made from a program
  programWorkflow(next);
}
