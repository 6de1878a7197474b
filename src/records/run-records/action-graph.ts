/**
 * The action graph of a run: what set it off, its stages, its workers, and what led to what.
 *
 * A transition names the node that it led to. Where a node was visited more than once, one of ours says which visit (`to_stage_id`);
 * one that does not is taken for the last, as in the specification.
 */
import { textIn } from './member';
import type { RunActionGraphEdgeRecord, RunActionGraphNodeRecord } from './observability-record';
import type { RunRecordDocument } from './run-record';
import type { RunStageRecord, RunTransitionRecord } from './stage-record';
import {
  replayOfEventIdFromRun,
  runTraceId,
  signatureStatusLabel,
  triggerEventFromRun,
  type TriggerEvent,
} from './trigger-event';

/** A graph of what happened. */
export interface ActionGraph {
  readonly nodes: readonly RunActionGraphNodeRecord[];
  readonly edges: readonly RunActionGraphEdgeRecord[];
}

/** The action graph of a run. */
export function actionGraphOf(run: RunRecordDocument): ActionGraph {
  const trigger = triggerEventFromRun(run);
  const traceId = runTraceId(run, trigger);
  const nodes: RunActionGraphNodeRecord[] = [rootNode(run, traceId)];
  const edges: RunActionGraphEdgeRecord[] = [];
  if (trigger !== null) addTrigger(run, trigger, nodes, edges);
  addStages(run, trigger, traceId, nodes, edges);
  addTransitions(run, edges);
  addWorkers(run, traceId, nodes, edges);
  return { nodes, edges };
}

function rootNode(run: RunRecordDocument, traceId: string | null): RunActionGraphNodeRecord {
  return node({
    id: rootIdOf(run),
    label: run.workflow_name ?? run.workflow_id,
    kind: 'run',
    status: run.status,
    outcome: run.status,
    trace_id: traceId,
    run_id: run.id,
    run_path: run.persisted_path,
    metadata: { workflow_id: run.workflow_id },
  });
}

function addTrigger(
  run: RunRecordDocument,
  trigger: TriggerEvent,
  nodes: RunActionGraphNodeRecord[],
  edges: RunActionGraphEdgeRecord[],
): void {
  const { provider, kind, traceId, signatureStatus, dedupeKey } = trigger;
  const outcome = signatureStatusLabel(signatureStatus);
  const common = {
    kind: 'trigger',
    trace_id: traceId,
    run_id: run.id,
    run_path: run.persisted_path,
    metadata: { provider, event_kind: kind, dedupe_key: dedupeKey, signature_status: outcome },
  };
  const id = `trigger:${trigger.id}`;
  const original = replayOfEventIdFromRun(run);
  if (original !== null) {
    const label = `${provider}:${kind} (original ${original})`;
    nodes.push(node({ ...common, id: `trigger:${original}`, label, status: 'historical', outcome: 'replayed_from' }));
    edges.push(edge(`trigger:${original}`, id, 'replay_chain', 'replay chain'));
  }
  nodes.push(node({ ...common, id, label: `${provider}:${kind}`, status: 'received', outcome }));
  edges.push(edge(rootIdOf(run), id, 'entry', trigger.id));
}

function addStages(
  run: RunRecordDocument,
  trigger: TriggerEvent | null,
  traceId: string | null,
  nodes: RunActionGraphNodeRecord[],
  edges: RunActionGraphEdgeRecord[],
): void {
  const entry = trigger === null ? rootIdOf(run) : `trigger:${trigger.id}`;
  const reachedNodes = new Set(run.transitions.map(({ to_node_id: to }) => to));
  const reachedVisits = new Set(run.transitions.map((transition) => visitNamedBy(transition)));
  const everyVisitIsNamed = !reachedVisits.has(null);
  for (const stage of run.stages) {
    const workerId = textIn(stage.metadata, 'worker_id');
    nodes.push(
      node({
        id: `stage:${stage.id}`,
        label: stage.node_id,
        kind: stage.kind === 'condition' ? 'predicate' : 'stage',
        status: stage.status,
        outcome: stage.outcome,
        trace_id: traceId,
        stage_id: stage.id,
        node_id: stage.node_id,
        worker_id: workerId,
        metadata: {
          stage_kind: stage.kind,
          ...(stage.branch === null ? {} : { branch: stage.branch }),
          ...(workerId === null ? {} : { worker_id: workerId }),
        },
      }),
    );
    if (everyVisitIsNamed ? reachedVisits.has(stage.id) : reachedNodes.has(stage.node_id)) continue;
    edges.push(edge(entry, `stage:${stage.id}`, trigger === null ? 'entry' : 'trigger_dispatch'));
  }
}

function addTransitions(run: RunRecordDocument, edges: RunActionGraphEdgeRecord[]): void {
  const byId = new Map<string, RunStageRecord>(run.stages.map((stage) => [stage.id, stage]));
  const byNode = new Map<string, RunStageRecord>(run.stages.map((stage) => [stage.node_id, stage]));
  for (const transition of run.transitions) {
    const to = byId.get(visitNamedBy(transition) ?? '') ?? byNode.get(transition.to_node_id);
    if (to === undefined) continue;
    const fromStage = transition.from_stage_id === null ? undefined : byId.get(transition.from_stage_id);
    const from = fromStage ?? (transition.from_node_id === null ? undefined : byNode.get(transition.from_node_id));
    const kind = fromStage?.kind === 'condition' ? 'predicate_gate' : 'transition';
    const fromId = from === undefined ? rootIdOf(run) : `stage:${from.id}`;
    edges.push(edge(fromId, `stage:${to.id}`, kind, transition.branch));
  }
}

function addWorkers(
  run: RunRecordDocument,
  traceId: string | null,
  nodes: RunActionGraphNodeRecord[],
  edges: RunActionGraphEdgeRecord[],
): void {
  const stageIds = new Set(run.stages.map(({ id }) => id));
  for (const child of run.child_runs) {
    const id = `worker:${child.worker_id}`;
    nodes.push(
      node({
        id,
        label: child.worker_name,
        kind: 'worker',
        status: child.status,
        outcome: child.status,
        trace_id: traceId,
        stage_id: child.parent_stage_id,
        worker_id: child.worker_id,
        run_id: child.run_id,
        run_path: child.run_path,
        metadata: { worker_name: child.worker_name, task: child.task },
      }),
    );
    const parent = child.parent_stage_id;
    if (parent !== null && stageIds.has(parent)) {
      edges.push(edge(`stage:${parent}`, id, 'delegates', child.worker_name));
    }
  }
}

function rootIdOf({ id }: RunRecordDocument): string {
  return `run:${id}`;
}

/** The visit that a transition of ours names; null for one that names none. */
function visitNamedBy(transition: RunTransitionRecord): string | null {
  return textIn(transition, 'to_stage_id');
}

function node(
  known: Pick<RunActionGraphNodeRecord, 'id' | 'label' | 'kind' | 'status' | 'outcome'> &
    Partial<RunActionGraphNodeRecord>,
): RunActionGraphNodeRecord {
  return {
    trace_id: null,
    stage_id: null,
    node_id: null,
    worker_id: null,
    run_id: null,
    run_path: null,
    metadata: {},
    ...known,
  };
}

function edge(from: string, to: string, kind: string, label: string | null = null): RunActionGraphEdgeRecord {
  return { from_id: from, to_id: to, kind, label };
}
