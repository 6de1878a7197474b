/** The workflow of a scenario's run, inside the sandbox. */
import { programWorkflow, type ProgramWorkflow } from '../../../src/workflow';
import type { Setup } from '../scenario';
import { runProgram } from './run-program';

/**
 * The workflow of a run.
 *
 * @param setupOf gives the scenario when the workflow begins: a worker has hundreds, and a workflow needs one
 */
export function runWorkflow(name: string, setupOf: () => Setup, runId: string): ProgramWorkflow {
  return async (...args) => await programWorkflow(runProgram(name, setupOf(), runId))(...args);
}
