/**
 * Which scenarios are not played on Temporal, and why: what they are about can't happen there, or is nobody's to decide there.
 * It is decided by what is in a scenario, never by its name. docs/differences.md says for each kind which test shows what happens
 * instead.
 */
import { isPlainObject, type Json } from '../../../src/kernel/json';
import { expand, runIdOf, type ActionsSetup, type Phase, type Setup } from '../scenario';
import { isSame } from '../difference';
import { makerNumberOf } from '../scenario-history';
import {
  decisionsOf,
  isScripted,
  kernelMadeIn,
  kernelsOf,
  phasesOf,
  runIdsOf,
  type ScenarioKernel,
} from './run-kernels';
import { namesOf } from './run-program';

/** The kinds of scenario that are left to tests of their own, with the reason for each. */
export const LEFT_OUT = {
  'process-death': 'a process dies in it; a worker that dies takes no run with it',
  'failing-store': 'a store fails in it; a run on Temporal has no store between it and its log',
  'other-writer': 'somebody else appends to its log; a history is written by its server alone',
  'given-log': 'its log or snapshot is given; a run on Temporal has the log that it made',
  'kernel-mode': 'its kernel is in a mode; only the in-process kernel has modes',
  'long-sleep': 'it sleeps longer than a test can wait',
  'answered-sleep': 'its executor says how a sleep ended; a timer only rings',
  'failed-wait': 'its executor says that a wait failed; a signal comes, or does not',
  'second-initial-state': 'its run gets another initial state on the way; the one in history stands',
  'shared-script': 'one script drives two of its runs; each run is a workflow of its own',
  'changed-budget': 'its run gets another budget on the way; a program has one policy',
  'unusable-name': 'a tool and a provider have one name, or one that no activity can have',
} as const;

/** A kind of scenario that is not played on Temporal. */
export type LeftOutId = keyof typeof LEFT_OUT;

/** Says in the middle of a scenario that it can't be played on. */
export class LeftOut extends Error {
  readonly id: LeftOutId;

  constructor(id: LeftOutId) {
    super(LEFT_OUT[id]);
    this.id = id;
  }
}

/** The longest sleep that is waited for, in milliseconds. */
const SLEEP_MS_MAX = 10_000;

/** Why a scenario is not played; null when it is. */
export function leftOut(setup: Setup): LeftOutId | null {
  const { phases, preload } = setup;
  if ((setup.mode ?? 'Normal') !== 'Normal') return 'kernel-mode';
  if (preload?.events !== undefined || preload?.snapshot) return 'given-log';
  if (phases.some(({ op }) => op === 'append')) return 'other-writer';
  const faulty = phases.map(faultOf).find((fault) => fault !== null);
  if (faulty !== undefined) return faulty;
  const kernels = runIdsOf(setup).map((runId) => kernelsOf(setup, runId));
  if (allOf(setup).some(({ actions }) => resultsOf(actions).some((result) => 'Crash' in result)))
    return 'process-death';
  if (kernels.flat().some(sleepsLong)) return 'long-sleep';
  if (hasSecondInitialState(setup)) return 'second-initial-state';
  if (hasSharedScript(setup)) return 'shared-script';
  if (kernels.some(hasChangedBudget)) return 'changed-budget';
  return kernels.some(hasUnusableName) ? 'unusable-name' : null;
}

function faultOf({ faults = {} }: Phase): LeftOutId | null {
  if (faults.crash_after_append_call !== undefined) return 'process-death';
  if (faults.crash_before_snapshot_save_call !== undefined) return 'process-death';
  if (faults.other_writer_after_head_call !== undefined) return 'other-writer';
  // Whatever else a scenario may make fail is a store's.
  return Object.keys(faults).length === 0 ? null : 'failing-store';
}

function allOf(setup: Setup): readonly ScenarioKernel[] {
  return setup.phases.map((_, index) => kernelMadeIn(setup, makerNumberOf(setup, index + 1)));
}

function resultsOf(actions: ActionsSetup): readonly object[] {
  return 'always' in actions ? [actions.always] : expand(actions);
}

function sleepsLong({ step }: ScenarioKernel): boolean {
  return decisionsOf(step).some((decision) => {
    if (typeof decision !== 'object' || !('Do' in decision)) return false;
    const sleep = isPlainObject(decision.Do) ? decision.Do['Sleep'] : undefined;
    return isPlainObject(sleep) && (sleep['millis'] as number) > SLEEP_MS_MAX;
  });
}

function hasSecondInitialState(setup: Setup): boolean {
  const initial = ({ initial_state: own }: Phase): Json => own ?? setup.initial_state;
  return runIdsOf(setup).some((runId) => {
    const [first, ...later] = phasesOf(setup, runId);
    return later.some(({ phase }) => first !== undefined && !isSame(initial(phase), initial(first.phase)));
  });
}

function hasSharedScript(setup: Setup): boolean {
  const runs = new Map<number, Set<string>>();
  for (const [index, phase] of setup.phases.entries()) {
    const made = makerNumberOf(setup, index + 1);
    runs.set(made, (runs.get(made) ?? new Set()).add(runIdOf(setup, phase)));
  }
  return [...runs].some(([made, driven]) => driven.size > 1 && isScripted(kernelMadeIn(setup, made).step));
}

function hasChangedBudget(kernels: readonly ScenarioKernel[]): boolean {
  const policies = kernels.map(({ policy }) => policy);
  const sets = policies.some((policy) => JSON.stringify(policy).includes('"Budget"'));
  return sets && policies.some((policy) => !isSame(policy, policies[0]));
}

const NAME_LENGTH_MAX = 250;

function hasUnusableName(kernels: readonly ScenarioKernel[]): boolean {
  const { tools, providers } = namesOf(kernels);
  if (tools.some((name) => providers.includes(name))) return true;
  return [...tools, ...providers].some(
    (name) => name === '' || name.length > NAME_LENGTH_MAX || name.startsWith('__temporal_'),
  );
}
