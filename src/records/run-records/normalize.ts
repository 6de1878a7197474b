/**
 * Brings a run record into the form in which it is kept: what is missing is made from what is there.
 *
 * Guarantees: doing it twice is doing it once; fields that nobody here knows are kept; the given value stays as it is. It reads no clock
 * and no disk: times, new ids, the sidecar and the log of topics are the caller's to give.
 */
import { timestampText } from '../execution-events/timestamp';
import { mergeChildRuns } from './child-runs';
import { mergeHitlQuestions } from './hitl-questions';
import { withNumberTexts } from './number-text';
import { RunObservabilityRecordSchema } from './observability-record';
import { deriveRunObservability, type RecordPlace } from './observability';
import { withUnknownFields } from './record-merge';
import { replayFixtureFromRun } from './replay-fixture';
import { syncRunHandoffs } from './run-handoffs';
import { decodeRunRecord, type RunRecordDocument } from './run-record';
import type { TopicRecord } from './topic-log';

/** What a new record is given where it does not say itself. */
export interface NormalizeParts {
  /** Now, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Makes an id that nobody has: the prefix, `_`, and whatever makes it new. */
  readonly newId: (prefix: string) => string;
  /** Events of the topic of questions (`HITL_QUESTIONS_TOPIC`). */
  readonly questions?: readonly TopicRecord[];
  /** Looks at the place that a record says it is kept at. */
  readonly placeAt?: (path: string) => RecordPlace;
}

/**
 * A record from whatever a program made of it.
 *
 * @throws KernelError `InvalidRunRecord`, naming the field
 */
export function normalizeRunRecord(value: unknown, parts: NormalizeParts): RunRecordDocument {
  const given = decodeRunRecord(value);
  const named = {
    ...given,
    id: given.id === '' ? parts.newId('run') : given.id,
    started_at: given.started_at === '' ? timestampText(parts.nowMs) : given.started_at,
  };
  const run = withParts(withNames(withNumberTexts(named, given)), parts.questions);
  if (run.observability !== null) return run;
  const { persisted_path: path } = run;
  const placeAt = parts.placeAt ?? ((at: string): RecordPlace => ({ path: at, sidecar: null }));
  return withObservability(run, path === null ? null : placeAt(path));
}

/** A record as it is kept at a place, when it is saved there and when it is loaded from there. */
export function placedRunRecord(
  run: RunRecordDocument,
  place: RecordPlace,
  questions: readonly TopicRecord[] = [],
): RunRecordDocument {
  const placed = withNumberTexts({ ...run, persisted_path: place.path }, run);
  return withObservability(withParts(withNames(placed), questions), place);
}

/** The run with what every record says of itself. */
function withNames(run: RunRecordDocument): RunRecordDocument {
  const named = {
    ...run,
    _type: run._type === '' ? 'run_record' : run._type,
    status: run.status === '' ? 'running' : run.status,
    root_run_id: run.root_run_id ?? (run.id === '' ? null : run.id),
  };
  return withNumberTexts(named, run);
}

/** The run with its questions, child runs, handoffs and fixture. */
function withParts(run: RunRecordDocument, questions: readonly TopicRecord[] = []): RunRecordDocument {
  const asked = mergeHitlQuestions(run.id, run.hitl_questions, questions);
  const childRuns = mergeChildRuns(run.child_runs, run.stages);
  const full = withNumberTexts({ ...run, hitl_questions: asked, child_runs: childRuns }, run);
  const fixture = full.replay_fixture ?? replayFixtureFromRun(full);
  return syncRunHandoffs(withNumberTexts({ ...full, replay_fixture: fixture }, run));
}

function withObservability(run: RunRecordDocument, place: RecordPlace | null): RunRecordDocument {
  const derived = deriveRunObservability(run, place);
  const observability =
    run.observability === null ? derived : withUnknownFields(RunObservabilityRecordSchema, derived, run.observability);
  return withNumberTexts({ ...run, observability }, run);
}
