/**
 * The kernels that a run of a scenario goes through. In the reference each is a process of its own, with steps and a policy of
 * its own; on Temporal there is one workflow, which knows by the answers in its log whose turn it is.
 */
import type { RunId } from '../../../src/kernel/identity';
import {
  expand,
  runIdOf,
  type ActionsSetup,
  type Decision,
  type Phase,
  type PolicySetup,
  type Setup,
  type StepSetup,
} from '../scenario';
import { makerNumberOf } from '../scenario-history';

/** A kernel, as the phase that made it describes it. */
export interface ScenarioKernel {
  /** The number of that phase. */
  readonly made: number;
  readonly step: StepSetup;
  readonly policy: PolicySetup;
  readonly actions: ActionsSetup;
}

/** The kernel that a phase made. */
export function kernelMadeIn(setup: Setup, made: number): ScenarioKernel {
  const phase: Partial<Phase> = setup.phases[made - 1] ?? {};
  return {
    made,
    step: phase.step ?? setup.step ?? {},
    policy: phase.policy ?? setup.policy ?? { type: 'AllowAll' },
    actions: phase.actions ?? setup.actions ?? [],
  };
}

/** The kernel that has a run at its start, and then, for each answer that the run gets, the one that goes on with it. */
export function kernelsOf(setup: Setup, runId: RunId): readonly ScenarioKernel[] {
  const phases = phasesOf(setup, runId);
  const turns = phases.filter(({ phase: { op } }, index) => index === 0 || op === 'resume');
  const first = turns[0];
  // A run that begins with an answer has the same kernel before and after it.
  const all = first?.phase.op === 'resume' ? [first, ...turns] : turns;
  return all.map(({ number }) => kernelMadeIn(setup, makerNumberOf(setup, number)));
}

/** The phases of a run, with their numbers. */
export function phasesOf(setup: Setup, runId: RunId): readonly { readonly number: number; readonly phase: Phase }[] {
  return setup.phases
    .map((phase, index) => ({ number: index + 1, phase }))
    .filter(({ phase }) => phase.op !== 'append' && runIdOf(setup, phase) === runId);
}

/** The runs of a scenario, in the order in which they appear. */
export function runIdsOf(setup: Setup): readonly RunId[] {
  return [...new Set([setup.run_id, ...setup.phases.map((phase) => runIdOf(setup, phase))])];
}

/** All that a kernel's steps may decide. */
export function decisionsOf({ script = [], then, rules = [] }: StepSetup): readonly Decision[] {
  return [...expand(script), ...(then === undefined ? [] : [then]), ...rules.map((rule) => rule.then)];
}

/** Whether a kernel's steps depend on how many it has taken. */
export function isScripted({ rules, max_calls: callsMax }: StepSetup): boolean {
  return rules === undefined || callsMax !== undefined;
}
