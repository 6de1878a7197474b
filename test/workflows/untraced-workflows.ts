/** A program that waits for a tool, and a workflow around it that waits as well. */
import { z } from 'zod';
import { callTool, complete, defineProgram, tool } from '../../src/kernel';
import { programWorkflow } from '../../src/workflow';

const program = defineProgram({
  name: 'caller',
  state: z.object({ called: z.boolean() }),
  tools: { phone: tool({ input: z.null(), output: z.null(), run: () => null }) },
  step: ({ called }) => (called ? complete() : callTool('phone', null)),
  reduce: () => ({ called: true }),
});

const run = programWorkflow(program);

/** The program's run, beside a promise of its own. */
export async function caller(...args: Parameters<typeof run>): Promise<void> {
  await Promise.all([run(...args), never()]);
}

function never(): Promise<void> {
  return new Promise(() => undefined);
}
