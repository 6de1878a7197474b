/**
 * Where a run on Temporal differs from the reference on purpose, beyond what the in-process kernel does. Each has its line in
 * docs/differences.md.
 */
import type { RunId } from '../../../src/kernel/identity';
import { SNAPSHOT_EVERY_EVENTS } from '../../../src/mirror/fold-parts';
import { isSame } from '../difference';
import {
  DIVERGENCES,
  errorOf,
  hasError,
  hasSameHead,
  isPrefix,
  RESTATEMENTS,
  type Divergence,
  type Restatement,
} from '../exceptions';
import type { Deed, RunReport, ScenarioReport, Setup } from '../scenario';
import type { Scenario } from '../scenario-document';
import { eventsOf, runIdOfPhase, statusOfPhase } from '../scenario-history';
import type { Exceptions } from '../verdict';

type Report = Partial<ScenarioReport>;
type Run = Partial<RunReport>;

/** What is said otherwise on Temporal alone. */
export const TEMPORAL_RESTATEMENTS: readonly Restatement[] = [
  {
    id: 'mirrored-snapshots',
    reason: `a mirror saves a snapshot at every ${SNAPSHOT_EVERY_EVENTS}th event, at a question and at the end; the reference at each event`,
    restate: restateSnapshots,
  },
];

/** What is done otherwise on Temporal alone. */
export const TEMPORAL_DIVERGENCES: readonly Divergence[] = [
  {
    id: 'denied-is-ended',
    reason: 'a denied run has ended; the reference goes on with it',
    mayBeginIn: ({ setup, reference }, phase) => wasDenied(setup, reference, phase),
    holds: (setup, ours, phase) =>
      wasDenied(setup, ours, phase) &&
      hasSameHead(ours, phase) &&
      (setup.phases[phase - 1]?.op === 'resume'
        ? hasError(ours, phase, 'Driver', 'has ended')
        : errorOf(statusOfPhase(ours, phase)?.result)?.variant === 'Policy'),
  },
  {
    id: 'failed-task',
    reason: 'a step that fails takes back what the run did since it last waited; a mended program does it again',
    mayBeginIn: ({ reference }, phase) => isProgramError(reference, phase),
    holds: (setup, ours, phase, reference) =>
      isSame(statusOfPhase(ours, phase)?.result, statusOfPhase(reference, phase)?.result) &&
      isPrefix(setup, ours, reference, phase),
  },
];

/** All that is accepted on Temporal. */
export const ON_TEMPORAL: Exceptions = {
  restatements: [...RESTATEMENTS, ...TEMPORAL_RESTATEMENTS],
  divergences: [...DIVERGENCES, ...TEMPORAL_DIVERGENCES],
};

/** Whether the run of a phase was denied an action in an earlier one. */
function wasDenied(setup: Setup, report: Report, phase: number): boolean {
  const runId = runIdOfPhase(setup, phase);
  return setup.phases.slice(0, phase - 1).some((_, index) => {
    const isItsOwn = runIdOfPhase(setup, index + 1) === runId;
    return isItsOwn && errorOf(statusOfPhase(report, index + 1)?.result)?.variant === 'Policy';
  });
}

/** Whether a phase came to an error of the program itself. */
function isProgramError(report: Report, phase: number): boolean {
  const variant = errorOf(statusOfPhase(report, phase)?.result)?.variant;
  return variant === 'Driver' || variant === 'Executor' || variant === 'Reducer';
}

/** Leaves the snapshots that a mirror saves, each once. */
function restateSnapshots({ setup }: Scenario, reference: Report): Report {
  const saves = (runId: RunId, atSeq: number): boolean => {
    const type = eventsOf(setup, reference, runId)[atSeq - 1]?.event.type;
    return atSeq % SNAPSHOT_EVERY_EVENTS === 0 || type === 'Interrupted' || type === 'Completed';
  };
  const isAgain = (snapshots: readonly Deed[], index: number): boolean =>
    snapshots.slice(0, index).some((earlier) => isSame(placeOf(earlier), placeOf(snapshots[index] as Deed)));
  const snapshots = reference.snapshots?.filter(
    (snapshot, index, all) => saves(snapshot.run_id, snapshot['at_seq'] as number) && !isAgain(all, index),
  );
  const restateRun = (run: Run, runId: RunId): Run => {
    const { snapshot_latest: latest, ...rest } = run;
    if (latest === undefined || latest === null) return run;
    if (saves(runId, (latest as { readonly at_seq: number }).at_seq)) return run;
    // Of a big scenario the reference wrote down the last snapshot alone: then nothing is known of the one before.
    if (snapshots === undefined) return rest;
    const last = snapshots.findLast(({ run_id: savedRunId }) => savedRunId === runId);
    return { ...rest, snapshot_latest: last === undefined ? null : snapshotOf(last) };
  };
  const others = Object.entries(reference.other_runs ?? {}).map(
    ([runId, run]) => [runId, restateRun(run, runId)] as const,
  );
  return {
    ...reference,
    ...restateRun(reference, setup.run_id),
    ...(snapshots === undefined ? {} : { snapshots }),
    other_runs: Object.fromEntries(others),
  };
}

function placeOf({ run_id: runId, at_seq: atSeq }: Deed): readonly unknown[] {
  return [runId, atSeq];
}

function snapshotOf({ run_id: runId, at_seq: atSeq, state }: Deed): RunReport['snapshot_latest'] {
  return { run_id: runId, at_seq: atSeq ?? null, state: state ?? null };
}
