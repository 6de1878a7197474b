/** The event that tells of a run's action graph, each time that its record is saved. */
import type { Json } from '../../kernel';
import { RunObservabilityRecordSchema } from './observability-record';
import { parseRecordJson } from './record-json';
import { compactRecordText } from './record-text';
import type { RunRecordDocument } from './run-record';
import type { NewTopicRecord } from './topic-log';
import { runTraceId } from './trigger-event';

/** The topic of action graphs. */
export const ACTION_GRAPH_TOPIC = 'observability.action_graph';

/** @param run as it was saved: what is secret in it must not go out another way */
export function actionGraphUpdateOf(run: RunRecordDocument, occurredAtMs: number): NewTopicRecord {
  const traceId = runTraceId(run);
  const observability: Json =
    run.observability === null
      ? null
      : parseRecordJson(compactRecordText(RunObservabilityRecordSchema, run.observability));
  return {
    kind: 'action_graph_update',
    headers: {
      run_id: run.id,
      workflow_id: run.workflow_id,
      ...(traceId === null ? {} : { trace_id: traceId }),
    },
    payload: {
      run_id: run.id,
      workflow_id: run.workflow_id,
      persisted_path: run.persisted_path,
      status: run.status,
      observability,
    },
    occurredAtMs,
  };
}
