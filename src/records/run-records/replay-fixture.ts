/**
 * Replay fixtures: what a run looked like, for other runs to be held against, and the holding against.
 *
 * A node that was visited more than once has an assertion for each visit, and the n-th assertion of a node is about its n-th visit: so
 * every run passes its own fixture. A fixture's id is made of what it says, so it is the same each time that it is made.
 */
import { hashOf } from '../../kernel';
import { evaluateClarifyingQuestion } from './clarifying-question';
import { debugText } from './debug-text';
import { ReplayFixtureSchema, type ReplayFixture, type ReplayStageAssertion } from './replay-fixture-record';
import { compactRecordText } from './record-text';
import type { RunRecordDocument } from './run-record';
import type { RunStageRecord } from './stage-record';

/** How a run did against a fixture. */
export interface ReplayEvalReport {
  readonly pass: boolean;
  /** What differs, in words. */
  readonly failures: readonly string[];
  readonly stage_count: number;
}

/** How much of a stage's text a fixture asks for. */
export const VISIBLE_TEXT_CHARACTERS = 80;

/** What a run looked like. Its time is the run's own, because nothing else about a fixture depends on when it is made. */
export function replayFixtureFromRun(run: RunRecordDocument): ReplayFixture {
  const fixture: ReplayFixture = {
    _type: 'replay_fixture',
    id: '',
    source_run_id: run.id,
    workflow_id: run.workflow_id,
    workflow_name: run.workflow_name,
    created_at: run.finished_at ?? run.started_at,
    eval_kind: 'replay',
    clarifying_question: null,
    expected_status: run.status,
    stage_assertions: run.stages.map((stage) => ({
      node_id: stage.node_id,
      expected_status: stage.status,
      expected_outcome: stage.outcome,
      expected_branch: stage.branch,
      required_artifact_kinds: stage.artifacts.map(({ kind }) => kind),
      visible_text_contains: beginningOf(stage.visible_text),
    })),
  };
  return { ...fixture, id: fixtureIdOf(fixture) };
}

/** Whether a fixture is as it was made, and nobody has changed it since. */
export function isUntouchedFixture(fixture: ReplayFixture): boolean {
  return fixture.id === fixtureIdOf(fixture);
}

/** Holds a run against a fixture. */
export function evaluateRunAgainstFixture(run: RunRecordDocument, fixture: ReplayFixture): ReplayEvalReport {
  const failures =
    fixture.eval_kind === 'clarifying_question'
      ? evaluateClarifyingQuestion(run, fixture)
      : [...statusFailures(run, fixture), ...stageFailures(run.stages, fixture.stage_assertions)];
  return { pass: failures.length === 0, failures, stage_count: run.stages.length };
}

/** The visits of each node, in order. */
export function visitsByNode<T extends { readonly node_id: string }>(stages: readonly T[]): ReadonlyMap<string, T[]> {
  const visits = new Map<string, T[]>();
  for (const stage of stages) visits.set(stage.node_id, [...(visits.get(stage.node_id) ?? []), stage]);
  return visits;
}

function fixtureIdOf(fixture: ReplayFixture): string {
  const content = compactRecordText(ReplayFixtureSchema, { ...fixture, id: '', created_at: '' });
  return `fixture_${hashOf(content).slice(0, 32)}`;
}

function beginningOf(text: string | null): string | null {
  return text === null || text === '' ? null : Array.from(text).slice(0, VISIBLE_TEXT_CHARACTERS).join('');
}

function statusFailures(
  { status }: RunRecordDocument,
  { expected_status: expected }: ReplayFixture,
): readonly string[] {
  return status === expected ? [] : [`run status mismatch: expected ${expected}, got ${status}`];
}

function stageFailures(
  stages: readonly RunStageRecord[],
  assertions: readonly ReplayStageAssertion[],
): readonly string[] {
  const visits = visitsByNode(stages);
  const asserted = new Map<string, number>();
  return assertions.flatMap((assertion) => {
    const nth = asserted.get(assertion.node_id) ?? 0;
    asserted.set(assertion.node_id, nth + 1);
    const stage = visits.get(assertion.node_id)?.[nth];
    const visit = nth === 0 ? assertion.node_id : `${assertion.node_id} (visit ${nth + 1})`;
    return stage === undefined ? [`missing stage ${visit}`] : mismatches(visit, stage, assertion);
  });
}

function mismatches(visit: string, stage: RunStageRecord, assertion: ReplayStageAssertion): readonly string[] {
  const { expected_status: status, expected_outcome: outcome, expected_branch: branch } = assertion;
  const kinds = new Set(stage.artifacts.map(({ kind }) => kind));
  const snippet = assertion.visible_text_contains;
  return [
    ...(stage.status === status ? [] : [`stage ${visit} status mismatch: expected ${status}, got ${stage.status}`]),
    ...(stage.outcome === outcome
      ? []
      : [`stage ${visit} outcome mismatch: expected ${outcome}, got ${stage.outcome}`]),
    ...(stage.branch === branch
      ? []
      : [`stage ${visit} branch mismatch: expected ${debugText(branch)}, got ${debugText(stage.branch)}`]),
    ...assertion.required_artifact_kinds
      .filter((kind) => !kinds.has(kind))
      .map((kind) => `stage ${visit} missing artifact kind ${kind}`),
    ...(snippet === null || (stage.visible_text ?? '').includes(snippet)
      ? []
      : [`stage ${visit} visible text does not contain expected snippet ${JSON.stringify(snippet)}`]),
  ];
}
