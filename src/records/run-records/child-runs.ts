/**
 * The runs that a run's stages started. A stage says so in its metadata, under `worker`; here it becomes a child run.
 *
 * Guarantees: merging twice is merging once, and what a child run says already stays as it is.
 */
import type { Json } from '../../kernel';
import { ToolApprovalPolicySchema } from './capability-policy';
import { RunChildRecordSchema, RunExecutionRecordSchema, type RunChildRecord } from './child-run-record';
import { isEmpty, memberOf, ownOf, textIn } from './member';
import { withNumberTexts } from './number-text';
import { readRecord } from './record-reading';
import type { RunStageRecord } from './stage-record';

/** The child run that a stage started; null when it started none. */
export function runChildFromStageMetadata(stage: RunStageRecord): RunChildRecord | null {
  const worker = memberOf(stage.metadata, 'worker');
  const workerId = textIn(worker, 'id');
  if (workerId === null || workerId === '') return null;
  const audit = memberOf(worker, 'audit');
  return readRecord(RunChildRecordSchema, {
    worker_id: workerId,
    worker_name: textIn(worker, 'name') ?? 'worker',
    parent_stage_id: stage.id === '' ? null : stage.id,
    session_id: textIn(audit, 'session_id'),
    parent_session_id: textIn(audit, 'parent_session_id'),
    mutation_scope: textIn(audit, 'mutation_scope'),
    approval_policy: ifItIs(ToolApprovalPolicySchema, memberOf(audit, 'approval_policy')),
    task: textIn(worker, 'task') ?? '',
    request: memberOf(worker, 'request') ?? null,
    provenance: memberOf(worker, 'provenance') ?? null,
    status: textIn(worker, 'status') ?? 'completed',
    started_at: textIn(worker, 'started_at') ?? '',
    finished_at: textIn(worker, 'finished_at'),
    run_id: textIn(worker, 'child_run_id'),
    run_path: textIn(worker, 'child_run_path'),
    snapshot_path: textIn(worker, 'snapshot_path'),
    execution: ifItIs(RunExecutionRecordSchema, memberOf(worker, 'execution')),
  });
}

/** A child run with what another source says of it, where it says nothing itself. */
export function fillMissingChildRunFields(existing: RunChildRecord, found: RunChildRecord): RunChildRecord {
  const filled: Record<string, unknown> = { ...existing };
  for (const [field, value] of Object.entries(found)) {
    if (isEmpty(ownOf(existing, field)) && !isEmpty(value)) filled[field] = value;
  }
  return withNumberTexts(filled as RunChildRecord, existing);
}

/** The child runs with those of the stages merged in, by worker id; new ones stand behind, in the order of the stages. */
export function mergeChildRuns(
  childRuns: readonly RunChildRecord[],
  stages: readonly RunStageRecord[],
): readonly RunChildRecord[] {
  const merged = [...childRuns];
  const places = new Map<string, number>();
  for (const [place, { worker_id: workerId }] of merged.entries()) {
    if (!places.has(workerId)) places.set(workerId, place);
  }
  for (const stage of stages) {
    const found = runChildFromStageMetadata(stage);
    if (found === null) continue;
    const place = places.get(found.worker_id);
    const existing = place === undefined ? undefined : merged[place];
    if (place !== undefined && existing !== undefined) {
      merged[place] = fillMissingChildRunFields(existing, found);
      continue;
    }
    places.set(found.worker_id, merged.length);
    merged.push(found);
  }
  return merged;
}

/** What does not read as such a record is left out. */
function ifItIs(schema: typeof ToolApprovalPolicySchema | typeof RunExecutionRecordSchema, value?: Json): Json {
  return value !== undefined && schema.safeParse(value).success ? value : null;
}
