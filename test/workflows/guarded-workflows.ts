/** A program as a workflow that goes on after its run, where clocks and chance are free again. */
import { complete, defineProgram, update } from '../../src/kernel';
import { programWorkflow } from '../../src/workflow';
import { z } from 'zod';

/** What was to be had behind the run. */
export interface Free {
  readonly now: boolean;
  readonly date: boolean;
  readonly chance: boolean;
  readonly timer: string;
}

const program = defineProgram({
  name: 'clerk',
  state: z.object({ peeks: z.boolean(), steps: z.number() }),
  step: ({ peeks, steps }) => (steps === 0 ? update(peeks ? Date.now() : 0) : complete()),
  reduce: (state) => ({ ...state, steps: state.steps + 1 }),
});

const run = programWorkflow(program);

/** The program's run, and then what its workflow sees. */
export async function clerk(...args: Parameters<typeof run>): Promise<Free> {
  await run(...args);
  return {
    now: Date.now() > 0,
    date: new Date() instanceof Date && new Date(0).getTime() === 0,
    chance: Math.random() < 1,
    timer: await new Promise((resolve) => setTimeout(resolve, 1, 'rung')),
  };
}
