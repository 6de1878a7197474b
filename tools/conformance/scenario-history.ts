/** What a report tells of the time before a phase: how long each log was, what a run waited for, which kernel was alive. */
import { isKernelError } from '../../src/kernel/error';
import type { SequencedEvent } from '../../src/kernel/event';
import { decodeEvent } from '../../src/kernel/event-wire';
import type { RunId, Seq } from '../../src/kernel/identity';
import { STEP, waitingAfter, type Waiting } from '../../src/kernel/waiting';
import {
  runIdOf,
  type Deed,
  type Deeds,
  type Phase,
  type PhaseReport,
  type RunReport,
  type ScenarioReport,
  type Setup,
} from './scenario';

type Report = Partial<ScenarioReport>;

/** The events of a run, as a report has them; none when it does not say. */
export function eventsOf(setup: Setup, report: Report, runId: RunId): readonly SequencedEvent[] {
  return (runOf(setup, report, runId)?.event_log_text ?? []).map((text) => {
    const { seq, event } = JSON.parse(text) as { readonly seq: Seq; readonly event: unknown };
    return { seq, event: decodeEvent(event) };
  });
}

function runOf(setup: Setup, report: Report, runId: RunId): Partial<RunReport> | undefined {
  return runId === setup.run_id ? report : report.other_runs?.[runId];
}

/** How many events of a run two reports have in common, from the first one on. */
export function commonHead(setup: Setup, one: Report, other: Report, runId: RunId): Seq {
  const [texts, otherTexts] = [one, other].map((report) => runOf(setup, report, runId)?.event_log_text ?? []);
  const parting = texts?.findIndex((text, index) => text !== otherTexts?.[index]) ?? 0;
  return parting === -1 ? (texts?.length ?? 0) : parting;
}

/** How long the log of a run was before a phase. */
export function headBefore(setup: Setup, report: Report, runId: RunId, phase: number): Seq {
  const own = report.run_statuses?.find((status) => status.phase === phase && status.run_id === runId);
  if (own?.head_before !== undefined) return own.head_before;
  const before = setup.phases.slice(0, phase - 1).findLastIndex((one) => runIdOf(setup, one) === runId);
  if (before === -1) return runId === setup.run_id ? (setup.preload?.events?.length ?? 0) : 0;
  const status = report.run_statuses?.[before];
  return status?.head_after ?? (status?.result as { readonly Ok?: Seq } | undefined)?.Ok ?? 0;
}

/** What the run of a phase waited for before it, as the log tells; null when the log does not say. */
export function waitingBefore(setup: Setup, report: Report, phase: number): Waiting | null {
  const runId = runIdOfPhase(setup, phase);
  const events = eventsOf(setup, report, runId).slice(0, headBefore(setup, report, runId, phase));
  try {
    return events.reduce<Waiting>((waiting, sequenced) => waitingAfter(runId, sequenced, waiting), STEP);
  } catch (error) {
    // Somebody requested what is no action.
    if (isKernelError(error)) return null;
    throw error;
  }
}

/** The status of a phase. */
export function statusOfPhase(report: Report, phase: number): PhaseReport | undefined {
  return report.run_statuses?.find((status) => status.phase === phase);
}

/** The run of a phase, by the phase's number. */
export function runIdOfPhase(setup: Setup, phase: number): RunId {
  const one = setup.phases[phase - 1];
  return one === undefined ? setup.run_id : runIdOf(setup, one);
}

/** The phases that the kernel made in a phase lived through. */
export function phasesOfKernel(setup: Setup, made: number): readonly number[] {
  const phases: number[] = [];
  let maker = 0;
  setup.phases.forEach(({ op, kernel }, index) => {
    if (op === 'append') return;
    if (maker === 0 || kernel !== 'same') maker = index + 1;
    if (maker === made) phases.push(index + 1);
  });
  return phases;
}

/** The phase that the kernel of a phase was made in: its step, policy, actions and faults are the kernel's. */
export function makerOf(setup: Setup, phase: number): Phase | undefined {
  return setup.phases[makerNumberOf(setup, phase) - 1];
}

/** The number of the phase that the kernel of a phase was made in; 0 for a phase without a kernel. */
export function makerNumberOf(setup: Setup, phase: number): number {
  return setup.phases.findIndex((_, index) => phasesOfKernel(setup, index + 1).includes(phase)) + 1;
}

/**
 * A report as it would be had the scenario ended before a phase, with each log up to the given head. What is only known of
 * the end is left out.
 */
export function reportBefore(setup: Setup, report: Report, phase: number, headOf: (runId: RunId) => Seq): Report {
  const { run_statuses: statuses, snapshots, effects, executor_calls: calls } = report;
  const isEarlier = ({ phase: made }: Deed): boolean => phasesOfKernel(setup, made).every((one) => one < phase);
  const deeds: Partial<Deeds> = {
    ...(snapshots === undefined ? {} : { snapshots: snapshots.filter(isEarlier) }),
    ...(effects === undefined ? {} : { effects: effects.filter(isEarlier) }),
    ...(calls === undefined ? {} : { executor_calls: calls.filter(isEarlier) }),
  };
  const others = Object.entries(report.other_runs ?? {}).map(
    ([runId, run]) => [runId, runBefore(run, headOf(runId))] as const,
  );
  return {
    ...(statuses === undefined ? {} : { run_statuses: statuses.filter((status) => status.phase < phase) }),
    ...runBefore(report, headOf(setup.run_id)),
    ...deeds,
    other_runs: Object.fromEntries(others),
  };
}

function runBefore(run: Partial<RunReport>, head: Seq): Partial<RunReport> {
  const { event_log_text: log, execution_trace_text: trace, state_hashes: hashes, initial_state_hash: initial } = run;
  return {
    ...(log === undefined ? {} : { event_log_text: log.slice(0, head) }),
    ...(trace === undefined ? {} : { execution_trace_text: trace.slice(0, head) }),
    ...(Array.isArray(hashes) ? { state_hashes: hashes.slice(0, head) as string[] } : {}),
    ...(initial === undefined ? {} : { initial_state_hash: initial }),
  };
}
