/** A run seen from outside, derived from its record and from what stands beside it. */
import { actionGraphOf } from './action-graph';
import { compactionEventsFromTranscript } from './compaction-events';
import type { LlmSidecar } from './llm-sidecar';
import { flagIn } from './member';
import type {
  RunObservabilityRecord,
  RunTranscriptPointerRecord,
  RunVerificationOutcomeRecord,
  RunWorkerLineageRecord,
} from './observability-record';
import { plannerRoundOf } from './planner-rounds';
import { compactJsonText } from './record-text';
import type { RunRecordDocument } from './run-record';
import type { RunStageRecord } from './stage-record';

/** The specification's version of what is derived here. */
export const OBSERVABILITY_SCHEMA_VERSION = 4;

/** Where a record is kept. */
export interface RecordPlace {
  readonly path: string;
  /** Null for a path that can't have one. */
  readonly sidecar: LlmSidecar | null;
}

/**
 * What is to be seen of a run.
 *
 * @param place where the record is kept; null when it is kept nowhere yet
 */
export function deriveRunObservability(run: RunRecordDocument, place: RecordPlace | null): RunObservabilityRecord {
  const { nodes, edges } = actionGraphOf(run);
  const rounds = run.stages.flatMap((stage) => plannerRoundOf(stage) ?? []);
  const path = place?.path ?? null;
  const places = [
    ...run.stages.map((stage) => ({
      transcript: stage.transcript,
      stageId: stage.id,
      nodeId: stage.node_id,
      location: `run.stages[${stage.node_id}].transcript`,
      path,
    })),
    { transcript: run.transcript, stageId: null, nodeId: null, location: 'run.transcript', path },
  ];
  return {
    schema_version: OBSERVABILITY_SCHEMA_VERSION,
    planner_rounds: rounds,
    research_fact_count: rounds.reduce((count, { research_facts: facts }) => count + facts.length, 0),
    action_graph_nodes: nodes,
    action_graph_edges: edges,
    worker_lineage: run.child_runs.map(lineageOf),
    verification_outcomes: run.stages.flatMap((stage) => verificationOf(stage) ?? []),
    transcript_pointers: pointersOf(run, place?.sidecar ?? null),
    compaction_events: places.flatMap(({ transcript, ...at }) => {
      return transcript === null ? [] : compactionEventsFromTranscript(transcript, at);
    }),
    daemon_events: place?.sidecar?.daemonEvents ?? [],
  };
}

function lineageOf(child: RunRecordDocument['child_runs'][number]): RunWorkerLineageRecord {
  return {
    worker_id: child.worker_id,
    worker_name: child.worker_name,
    parent_stage_id: child.parent_stage_id,
    task: child.task,
    status: child.status,
    session_id: child.session_id,
    parent_session_id: child.parent_session_id,
    run_id: child.run_id,
    run_path: child.run_path,
    snapshot_path: child.snapshot_path,
  };
}

/** Whether a stage passed: by its own word, or by how it ended. */
function verificationOf(stage: RunStageRecord): RunVerificationOutcomeRecord | null {
  const { verification, status, outcome, visible_text: shown } = stage;
  if (stage.kind !== 'verify' && verification === null) return null;
  const succeeded = status === 'completed' && outcome === 'success' ? true : null;
  const failed = status === 'failed' || outcome === 'failed' ? false : null;
  const said = shown === null || shown.trim() === '' ? null : shown;
  return {
    stage_id: stage.id,
    node_id: stage.node_id,
    status,
    passed: flagIn(verification, 'pass') ?? flagIn(verification, 'success') ?? succeeded ?? failed,
    summary: verification === null ? said : compactJsonText(verification),
  };
}

function pointersOf(run: RunRecordDocument, sidecar: LlmSidecar | null): readonly RunTranscriptPointerRecord[] {
  const embedded = { kind: 'embedded_transcript', path: run.persisted_path, available: true };
  const pointers: RunTranscriptPointerRecord[] = run.stages
    .filter(({ transcript }) => transcript !== null)
    .map(({ id, node_id: nodeId }) => ({
      ...embedded,
      id: `stage:${id}:transcript`,
      label: `Stage ${nodeId} transcript`,
      location: `run.stages[${nodeId}].transcript`,
    }));
  if (run.transcript !== null) {
    pointers.push({ ...embedded, id: 'run:transcript', label: 'Run transcript', location: 'run.transcript' });
  }
  if (sidecar === null) return pointers;
  const { path, available } = sidecar;
  const label = 'LLM transcript sidecar';
  return [
    ...pointers,
    { id: 'run:llm_transcript', label, kind: 'llm_jsonl', location: 'run sidecar', path, available },
  ];
}
