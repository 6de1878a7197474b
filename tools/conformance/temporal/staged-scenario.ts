/** Scenarios made ready for the stage: each run of each gets a workflow type of its own. */
import type { RunId } from '../../../src/kernel/identity';
import type { Setup } from '../scenario';
import type { Scenario } from '../scenario-document';
import { runIdsOf } from './run-kernels';
import { runProgram, type RunProgram } from './run-program';
import { ScenarioWorld } from './scenario-world';

/** A scenario, the programs of its runs, and what is outside of them. */
export interface StagedScenario {
  readonly scenario: Scenario;
  /** Counts from 0; says which of two equal ways is taken, so that both are. */
  readonly number: number;
  readonly world: ScenarioWorld;
  readonly programs: ReadonlyMap<RunId, RunProgram>;
}

/** Makes a scenario ready. */
export function stageScenario(scenario: Scenario, number: number): StagedScenario {
  const { setup } = scenario;
  const world = new ScenarioWorld(setup);
  const names = workflowTypesOf(setup, scenario.name, number);
  const programs = [...names].map(([runId, name]) => [runId, runProgram(name, setup, runId, world)] as const);
  return { scenario, number, world, programs: new Map(programs) };
}

/** The workflow types of a scenario's runs: what a person sees in the Web UI. */
function workflowTypesOf(setup: Setup, name: string, number: number): ReadonlyMap<RunId, string> {
  const readable = name.replace(/\W/g, '_').slice(0, 100);
  return new Map(
    runIdsOf(setup).map((runId, index) => [runId, `s${number}_${readable}${index === 0 ? '' : `_run${index + 1}`}`]),
  );
}
