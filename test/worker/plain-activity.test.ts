/** An activity of somebody's own, under a tool's name, that is no async function. */
import { z } from 'zod';
import { makeAttempt, type Attempt } from '../../src/activities/attempt';
import { callTool, complete, defineProgram, tool } from '../../src/kernel';

const program = defineProgram({
  name: 'caller',
  state: z.object({}),
  tools: { double: tool({ input: z.number(), output: z.number() }) },
  step: () => complete(),
  reduce: (state) => state,
});

const asked = callTool('double', 21);
const attempt = { program, tool: program.tools['double'], action: (asked as { action: unknown }).action, number: 1 };

/** Makes the attempt with a function as a worker calls it, which may be anything that JavaScript allows. */
const made = (run: (input: unknown) => unknown): Promise<unknown> =>
  makeAttempt(attempt as Attempt, run as (input: unknown) => Promise<unknown>);

test('given a function that returns its output at once, then that is the output', async () => {
  expect(await made((input) => Number(input) * 2)).toBe(42);
});

test('given a function that throws at once, then that is what the attempt fails with', async () => {
  const refused = new Error('no such number');
  await expect(
    made(() => {
      throw refused;
    }),
  ).rejects.toBe(refused);
});
