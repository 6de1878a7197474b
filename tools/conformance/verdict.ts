/** Plays a scenario and says whether ours is equal to the reference, differs on purpose, or differs. */
import type { RunId, Seq } from '../../src/kernel/identity';
import { differencesOf, type Difference } from './difference';
import { DIVERGENCES, RESTATEMENTS, type Divergence, type Restatement } from './exceptions';
import { playScenario } from './play-scenario';
import type { ScenarioReport } from './scenario';
import type { Scenario } from './scenario-document';
import { commonHead, headBefore, reportBefore } from './scenario-history';

type Report = Partial<ScenarioReport>;

/** The differences that are accepted. */
export interface Exceptions {
  readonly restatements: readonly Restatement[];
  readonly divergences: readonly Divergence[];
}

const IN_PROCESS: Exceptions = { restatements: RESTATEMENTS, divergences: DIVERGENCES };

/** What came of a scenario. */
export interface Verdict {
  /** What no exception explains. */
  readonly unexplained: readonly Difference[];
  /** The exceptions that explain all other differences. */
  readonly onPurpose: readonly (Restatement | Divergence)[];
}

/** Plays a scenario and compares. */
export async function judge(scenario: Scenario): Promise<Verdict> {
  return await verdictOf(scenario, await playScenario(scenario.setup));
}

/** Compares what the reference did with what ours did. */
export async function verdictOf(
  scenario: Scenario,
  ours: ScenarioReport,
  exceptions: Exceptions = IN_PROCESS,
): Promise<Verdict> {
  const whole = await restated(exceptions, scenario, scenario.reference, ours, ours);
  if (whole.unexplained.length === 0) return whole;
  for (const phase of scenario.setup.phases.keys()) {
    const explained = await divergence(exceptions, scenario, ours, phase + 1);
    if (explained !== null) return explained;
  }
  return whole;
}

/** Tries to explain the differences by exceptions that rewrite the reference's report. */
async function restated(
  { restatements }: Exceptions,
  scenario: Scenario,
  reference: Report,
  ours: Report,
  whole: ScenarioReport,
): Promise<Verdict> {
  const onPurpose: Restatement[] = [];
  let expected = reference;
  let unexplained = differencesOf(expected, ours);
  for (const restatement of restatements) {
    if (unexplained.length === 0) break;
    const next = await restatement.restate(scenario, expected, whole);
    const remaining = differencesOf(next, ours);
    if (remaining.length >= unexplained.length) continue;
    onPurpose.push(restatement);
    expected = next;
    unexplained = remaining;
  }
  return { unexplained, onPurpose };
}

/** Tries to explain the differences by an exception that begins in a phase: up to there all must be equal. */
async function divergence(
  exceptions: Exceptions,
  scenario: Scenario,
  ours: ScenarioReport,
  phase: number,
): Promise<Verdict | null> {
  const { setup, reference } = scenario;
  // What both wrote must be equal in every respect, even where one of them wrote it later.
  const headOf = (runId: RunId): Seq =>
    Math.max(headBefore(setup, reference, runId, phase), commonHead(setup, reference, ours, runId));
  for (const exception of exceptions.divergences) {
    if (!exception.mayBeginIn(scenario, phase) || !exception.holds(setup, ours, phase, reference)) continue;
    const before = await restated(
      exceptions,
      scenario,
      reportBefore(setup, reference, phase, headOf),
      reportBefore(setup, ours, phase, headOf),
      ours,
    );
    if (before.unexplained.length === 0) return { ...before, onPurpose: [...before.onPurpose, exception] };
  }
  return null;
}
