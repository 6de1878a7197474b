/**
 * Where this kernel differs from the reference on purpose: all of it, with the reason for each. Each has its line in
 * docs/differences.md.
 *
 * An exception is known by what a scenario does, never by its name, and says exactly what is expected instead. A
 * *restatement* rewrites the reference's report into the one that ours must equal. A *divergence* names the phases from
 * which on the two may go different ways: up to there everything must be equal, and what ours does then must hold.
 */
import { RATE_LIMITED_RETRIES_MAX } from '../../src/kernel/policy';
import { spentIn } from '../../src/kernel/budget';
import type { Json } from '../../src/kernel/json';
import { trapsNondeterminism } from '../../src/kernel/kernel-mode';
import { isSame } from './difference';
import { restateBytes, restateEffects, restateSnapshots, restateTimelines } from './restatement';
import type { Decision, Phase, PolicySetup, ScenarioReport, Setup, StepSetup } from './scenario';
import { expand } from './scenario';
import type { Scenario } from './scenario-document';
import { eventsOf, headBefore, makerOf, runIdOfPhase, statusOfPhase, waitingBefore } from './scenario-history';

type Report = Partial<ScenarioReport>;

/** Something that is said otherwise. */
export interface Restatement {
  readonly id: string;
  readonly reason: string;
  /** The reference's report as ours must be. */
  restate(scenario: Scenario, reference: Report, ours: ScenarioReport): Report | Promise<Report>;
}

/** Something that is done otherwise. */
export interface Divergence {
  readonly id: string;
  readonly reason: string;
  /** Whether the two may part in this phase. */
  mayBeginIn(scenario: Scenario, phase: number): boolean;
  /** Whether ours did what it must, from this phase on. */
  holds(setup: Setup, ours: ScenarioReport, phase: number, reference: Report): boolean;
}

/** What is said otherwise. */
export const RESTATEMENTS: readonly Restatement[] = [
  {
    id: 'canonical-bytes',
    reason:
      'texts and hashes are of RFC 8785: keys by UTF-16 code units, numbers as ECMAScript prints them, no struct order',
    restate: restateBytes,
  },
  {
    id: 'unsettled-timeline',
    reason:
      'a run that did not settle, or that was resumed, is Running; the reference says Completed, or Blocked for ever',
    restate: (_, reference) => restateTimelines(reference),
  },
  {
    id: 'recorded-effects',
    reason: 'an effect is recorded once its event is appended, and not for a denied action or a failed append',
    restate: restateEffects,
  },
  {
    id: 'restored-snapshots',
    reason: 'restoring a run saves no snapshots; the reference saves one for each event that it reads again',
    restate: restateSnapshots,
  },
];

/** What is done otherwise. */
export const DIVERGENCES: readonly Divergence[] = [
  {
    id: 'ended-is-ended',
    reason: 'an end is an end: nothing is done or appended after it, and a resume is refused',
    mayBeginIn: (scenario, phase) => waitsFor(scenario, phase) === 'nothing',
    holds: (setup, ours, phase) =>
      hasSameHead(ours, phase) &&
      (setup.phases[phase - 1]?.op === 'resume'
        ? hasError(ours, phase, 'Driver', 'has ended')
        : isEnd(statusOfPhase(ours, phase)?.result)),
  },
  {
    id: 'blocked-stays-blocked',
    reason: 'a run that waits for an answer and is run again stays as it is; the reference asks once more',
    mayBeginIn: (scenario, phase) => opOf(scenario, phase) === 'run' && waitsFor(scenario, phase) === 'answer',
    holds: staysBlocked,
  },
  {
    id: 'same-action-again',
    reason: 'an action without a result is done again under the same id and requested once; the reference asks twice',
    mayBeginIn: (scenario, phase) => waitsFor(scenario, phase) === 'action',
    holds: isRequestedOnce,
  },
  {
    id: 'head-conflict',
    reason: 'what another writer appended in between makes an append fail with HeadConflict; the reference interleaves',
    mayBeginIn: ({ setup }, phase) => makerOf(setup, phase)?.faults?.other_writer_after_head_call !== undefined,
    holds: (setup, ours, phase, reference) => hasConflict(ours, phase) && isPrefix(setup, ours, reference, phase),
  },
  {
    id: 'only-state-updates',
    reason: 'a step may emit StateUpdated and nothing else; in the reference it can forge any event',
    mayBeginIn: ({ setup }, phase) => decisionsOf(setup, makerOf(setup, phase)).some(emitsAnother),
    holds: (setup, ours, phase, reference) =>
      hasError(ours, phase, 'Driver', 'a step may emit StateUpdated and nothing else') &&
      isPrefix(setup, ours, reference, phase),
  },
  {
    id: 'reduced-first',
    reason: 'an event is appended after it was reduced, so one that does not fit leaves the log as it was',
    mayBeginIn: ({ setup, reference }, phase) =>
      (setup.state_type === 'u32' || setup.state_type === 'struct') &&
      errorOf(statusOfPhase(reference, phase)?.result)?.variant === 'EventStore',
    holds: (setup, ours, phase, reference) =>
      hasError(ours, phase, 'Reducer', 'a state that is no') && isPrefix(setup, ours, reference, phase),
  },
  {
    id: 'snapshot-beyond-log',
    reason: 'a snapshot beyond its log is SnapshotCorrupt; the reference believes it',
    mayBeginIn: ({ setup, reference }, phase) =>
      (setup.preload?.snapshot?.at_seq ?? 0) > headBefore(setup, reference, setup.run_id, phase),
    holds: (_, ours, phase) => hasSameHead(ours, phase) && hasError(ours, phase, 'SnapshotStore', 'beyond its log'),
  },
  {
    id: 'restoring-cannot-fail',
    reason: 'restoring a run saves no snapshots, so that a snapshot store that fails then does not stop the run',
    mayBeginIn: failsToRestore,
    holds: (_, ours, phase) => !failsOverSnapshots(statusOfPhase(ours, phase)?.result),
  },
  {
    id: 'bounded-rate-limit',
    reason: `a rate limit's hint is obeyed ${RATE_LIMITED_RETRIES_MAX} times and no more; the reference retries for ever`,
    mayBeginIn: ({ setup, reference }, phase) =>
      policyOf(setup, phase) !== 'RetryWithBackoff' && callsIn(reference, phase) > RATE_LIMITED_RETRIES_MAX + 1,
    holds: (_, ours, phase) =>
      callsIn(ours, phase) > RATE_LIMITED_RETRIES_MAX &&
      isSame(statusOfPhase(ours, phase)?.result, { Ok: { Failed: { recoverable: false } } }),
  },
  {
    id: 'enforced-budget',
    reason: 'a tool call beyond the budget is refused, and ends the run; the reference never asks for the budget',
    mayBeginIn: (scenario, phase) => isOverBudget(scenario, phase),
    holds: (setup, ours, phase, reference) =>
      hasError(ours, phase, 'Policy', 'the budget of') &&
      isPrefix(setup, ours, reference, phase) &&
      toolCallsIn(setup, ours, phase) === budgetOf(setup, phase),
  },
  {
    id: 'read-only-modes',
    reason: 'a kernel in Replay or Verify executes and appends nothing; the reference does both',
    mayBeginIn: ({ setup }, phase) => setup.phases[phase - 1]?.op !== 'append' && isReadOnly(setup),
    holds: (_, ours, phase) => hasSameHead(ours, phase) && callsIn(ours, phase) === 0 && ours.effects.length === 0,
  },
];

function isReadOnly({ mode = 'Normal' }: Setup): boolean {
  return trapsNondeterminism(mode);
}

/** How many tool calls the policy of a phase allows; null when it sets no budget. */
function budgetOf(setup: Setup, phase: number): number | null {
  const policy = makerOf(setup, phase)?.policy ?? setup.policy;
  return policy?.type === 'Budget' ? policy.max_tool_calls : null;
}

/** Whether the reference called more tools, by the end of a phase, than the phase's policy allows. */
function isOverBudget({ setup, reference }: Scenario, phase: number): boolean {
  const budget = budgetOf(setup, phase);
  return budget !== null && toolCallsIn(setup, reference, phase) > budget;
}

function toolCallsIn(setup: Setup, report: Report, phase: number): number {
  const events = eventsOf(setup, report, runIdOfPhase(setup, phase));
  const head = statusOfPhase(report, phase)?.head_after ?? events.length;
  return spentIn(runIdOfPhase(setup, phase), events.slice(0, head)).toolCalls;
}

function opOf({ setup }: Scenario, phase: number): Phase['op'] | undefined {
  return setup.phases[phase - 1]?.op;
}

/** What the run waited for before a phase in which a kernel was asked to go on with it. */
function waitsFor(scenario: Scenario, phase: number): string | null {
  if (opOf(scenario, phase) === 'append') return null;
  return waitingBefore(scenario.setup, scenario.reference, phase)?.for ?? null;
}

function staysBlocked(setup: Setup, ours: Report, phase: number): boolean {
  const waiting = waitingBefore(setup, ours, phase);
  if (waiting?.for !== 'answer') return false;
  const blocked = { Ok: { Blocked: { interrupt: { value: waiting.interrupt.value }, wait_signal: null } } };
  return hasSameHead(ours, phase) && isSame(statusOfPhase(ours, phase)?.result, blocked);
}

/** Whether the action that a phase found without a result was requested once, and its result is what came next. */
function isRequestedOnce(setup: Setup, ours: Report, phase: number): boolean {
  const waiting = waitingBefore(setup, ours, phase);
  if (waiting?.for !== 'action') return false;
  const { actionId } = waiting;
  const runId = runIdOfPhase(setup, phase);
  const events = eventsOf(setup, ours, runId);
  const next = events[headBefore(setup, ours, runId, phase)]?.event;
  const requests = events.filter(({ event }) => event.type === 'ActionRequested' && event.actionId === actionId);
  const isItsResult = next === undefined || ('actionId' in next && next.actionId === actionId);
  return requests.length === 1 && (isItsResult || hasConflict(ours, phase));
}

/** Whether the reference came no further than restoring the run, with a snapshot store that fails or dies. */
function failsToRestore({ setup, reference }: Scenario, phase: number): boolean {
  const faults = makerOf(setup, phase)?.faults;
  if ((faults?.snapshot_save_error_on_call ?? faults?.crash_before_snapshot_save_call) === undefined) return false;
  const { op, result, head_before: before = 0, head_after: after = 0 } = statusOfPhase(reference, phase) ?? {};
  return failsOverSnapshots(result) && after === before + (op === 'resume' ? 1 : 0);
}

function failsOverSnapshots(result: Json | undefined): boolean {
  return (
    errorOf(result)?.variant === 'SnapshotStore' || isSame(result, { Crash: 'harness crash before snapshot save' })
  );
}

/** Whether a phase left the log as it was. */
export function hasSameHead(report: Report, phase: number): boolean {
  const status = statusOfPhase(report, phase);
  return status?.head_before !== undefined && status.head_before === status.head_after;
}

/** Whether ours had written nothing, by the end of a phase, but what the reference's log begins with. */
export function isPrefix(setup: Setup, ours: Report, reference: Report, phase: number): boolean {
  const head = statusOfPhase(ours, phase)?.head_after ?? 0;
  const runId = runIdOfPhase(setup, phase);
  const [ourEvents, theirEvents] = [eventsOf(setup, ours, runId), eventsOf(setup, reference, runId)];
  return isSame(ourEvents.slice(0, head), theirEvents.slice(0, head));
}

/** An error as the reference says it. */
export interface ErrorWords {
  readonly variant: string;
  readonly display: string;
}

/** The error that a phase came to. */
export function errorOf(result: Json | undefined): ErrorWords | undefined {
  return (result as { readonly Err?: ErrorWords } | undefined)?.Err;
}

/** Whether a phase came to an error of a variant, with these words in it. */
export function hasError(report: Report, phase: number, variant: string, words: string): boolean {
  const error = errorOf(statusOfPhase(report, phase)?.result);
  return error?.variant === variant && error.display.includes(words);
}

function hasConflict(report: Report, phase: number): boolean {
  return hasError(report, phase, 'EventStore', 'and the writer expects');
}

function isEnd(result: Json | undefined): boolean {
  return isSame(result, { Ok: 'Completed' }) || isSame(result, { Ok: { Failed: { recoverable: false } } });
}

function decisionsOf(setup: Setup, phase: Phase | undefined): readonly Decision[] {
  const step: StepSetup = phase?.step ?? setup.step ?? {};
  const last = step.then === undefined ? [] : [step.then];
  return [...expand(step.script ?? []), ...last, ...(step.rules ?? []).map((rule) => rule.then)];
}

function emitsAnother(decision: Decision): boolean {
  if (typeof decision !== 'object' || !('Emit' in decision)) return false;
  return decision.Emit.some((event) => typeof event === 'string' || !Object.hasOwn(event, 'StateUpdated'));
}

function policyOf(setup: Setup, phase: number): PolicySetup['type'] {
  return (makerOf(setup, phase)?.policy ?? setup.policy)?.type ?? 'AllowAll';
}

function callsIn(report: Report, phase: number): number {
  return (report.executor_calls ?? []).filter((call) => call.phase === phase).length;
}
