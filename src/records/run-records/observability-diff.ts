/** What is different about two runs as they are seen from outside, section by section. */
import { debugList, debugText } from './debug-text';
import type {
  CompactionEventRecord,
  DaemonEventRecord,
  RunObservabilityRecord,
  RunPlannerRoundRecord,
  RunTranscriptPointerRecord,
  RunVerificationOutcomeRecord,
  RunWorkerLineageRecord,
} from './observability-record';
import { ownIdMask } from './own-ids';
import { compareBytes } from './record-text';
import type { RunRecordDocument } from './run-record';

/** Something that is to be seen of two runs, and differs. */
export interface RunObservabilityDiffRecord {
  readonly section: string;
  readonly label: string;
  readonly details: readonly string[];
}

/** A run as it is seen. */
export interface SeenRun {
  readonly run: RunRecordDocument;
  readonly observability: RunObservabilityRecord;
}

type Mask = (text: string) => string;

/** What a section is made of: what names a thing, what it is called in a report, and what differs about two of them. */
interface Section<T> {
  readonly name: string;
  readonly missing: string;
  readonly things: (observability: RunObservabilityRecord) => readonly T[];
  readonly key: (thing: T, mask: Mask) => string;
  /** How a difference is labelled. Default: by the key. */
  readonly label?: (thing: T) => string;
  readonly details: (left: T, right: T, maskLeft: Mask, maskRight: Mask) => readonly string[];
}

/** Compares what is to be seen of two runs. */
export function diffObservability(left: SeenRun, right: SeenRun): readonly RunObservabilityDiffRecord[] {
  return [
    ...diffSection(WORKERS, left, right),
    ...diffSection(ROUNDS, left, right),
    ...diffSection(POINTERS, left, right),
    ...diffSection(COMPACTIONS, left, right),
    ...diffSection(DAEMONS, left, right),
    ...diffSection(VERIFICATIONS, left, right),
    ...diffGraph(left.observability, right.observability),
  ];
}

function diffSection<T>(section: Section<T>, left: SeenRun, right: SeenRun): readonly RunObservabilityDiffRecord[] {
  const { name, missing, things, key, label, details } = section;
  const [maskLeft, maskRight] = [ownIdMask(left.run), ownIdMask(right.run)];
  const lefts = new Map(things(left.observability).map((thing) => [key(thing, maskLeft), thing]));
  const rights = new Map(things(right.observability).map((thing) => [key(thing, maskRight), thing]));
  const keys = [...new Set([...lefts.keys(), ...rights.keys()])].sort(compareBytes);
  return keys.flatMap((at) => {
    const [mine, other] = [lefts.get(at), rights.get(at)];
    if (other === undefined) return [{ section: name, label: at, details: [`${missing} missing from right run`] }];
    if (mine === undefined) return [{ section: name, label: at, details: [`${missing} missing from left run`] }];
    const found = details(mine, other, maskLeft, maskRight);
    return found.length === 0 ? [] : [{ section: name, label: label?.(mine) ?? at, details: found }];
  });
}

const WORKERS: Section<RunWorkerLineageRecord> = {
  name: 'worker_lineage',
  missing: 'worker',
  things: ({ worker_lineage: workers }) => workers,
  key: ({ worker_id: id }, mask) => mask(id),
  details: (left, right, maskLeft, maskRight) => [
    ...differs('status', left.status, right.status),
    ...differs('run_id', shown(left.run_id, maskLeft), shown(right.run_id, maskRight)),
    ...differs('run_path', shown(left.run_path, maskLeft), shown(right.run_path, maskRight)),
  ],
};

const ROUNDS: Section<RunPlannerRoundRecord> = {
  name: 'planner_rounds',
  missing: 'planner summary',
  things: ({ planner_rounds: rounds }) => rounds,
  key: ({ stage_id: id }, mask) => mask(id),
  label: ({ node_id: node }) => node,
  details: (left, right) => [
    ...differs('iterations', left.iteration_count, right.iteration_count),
    ...differs('tool_executions', left.tool_execution_count, right.tool_execution_count),
    ...differs(
      'native_text_tool_fallbacks',
      left.native_text_tool_fallback_count,
      right.native_text_tool_fallback_count,
    ),
    ...differs(
      'native_text_tool_fallback_rejections',
      left.native_text_tool_fallback_rejection_count,
      right.native_text_tool_fallback_rejection_count,
    ),
    ...differs('empty_completion_retries', left.empty_completion_retry_count, right.empty_completion_retry_count),
    ...differs('research_facts', debugList(left.research_facts), debugList(right.research_facts)),
    ...differs('deliverables', deliverablesOf(left), deliverablesOf(right)),
    ...differs('successful_tools', debugList(left.successful_tools), debugList(right.successful_tools)),
  ],
};

const POINTERS: Section<RunTranscriptPointerRecord> = {
  name: 'transcript_pointers',
  missing: 'pointer',
  things: ({ transcript_pointers: pointers }) => pointers,
  key: ({ id }, mask) => mask(id),
  details: (left, right, maskLeft, maskRight) => {
    const text = ({ available, path, location }: RunTranscriptPointerRecord, mask: Mask): string =>
      `(${available}, ${shown(path, mask)}, ${JSON.stringify(location)})`;
    return differs('pointer', text(left, maskLeft), text(right, maskRight));
  },
};

const COMPACTIONS: Section<CompactionEventRecord> = {
  name: 'compaction_events',
  missing: 'compaction event',
  things: ({ compaction_events: events }) => events,
  key: ({ id }) => id,
  details: (left, right) => {
    const text = (event: CompactionEventRecord): string =>
      `(${JSON.stringify(event.strategy)}, ${event.archived_messages}, ${debugText(event.snapshot_asset_id)}, ${event.available})`;
    return differs('event', text(left), text(right));
  },
};

const DAEMONS: Section<DaemonEventRecord> = {
  name: 'daemon_events',
  missing: 'daemon event',
  things: ({ daemon_events: events }) => events,
  key: ({ daemon_id: id, kind, timestamp }) => `${id}:${kind[0]?.toUpperCase()}${kind.slice(1)}:${timestamp}`,
  details: (left, right) => {
    const text = ({ name, persist_path: path, payload_summary: summary }: DaemonEventRecord): string =>
      `(${JSON.stringify(name)}, ${JSON.stringify(path)}, ${debugText(summary)})`;
    return differs('event', text(left), text(right));
  },
};

const VERIFICATIONS: Section<RunVerificationOutcomeRecord> = {
  name: 'verification',
  missing: 'verification',
  things: ({ verification_outcomes: outcomes }) => outcomes,
  key: ({ stage_id: id }, mask) => mask(id),
  label: ({ node_id: node }) => node,
  details: (left, right) => [
    ...differs('status', left.status, right.status),
    ...differs('passed', flag(left.passed), flag(right.passed)),
    ...differs('summary', debugText(left.summary), debugText(right.summary)),
  ],
};

function diffGraph(left: RunObservabilityRecord, right: RunObservabilityRecord): readonly RunObservabilityDiffRecord[] {
  const size = ({ action_graph_nodes: nodes, action_graph_edges: edges }: RunObservabilityRecord): string =>
    `${nodes.length}/${edges.length}`;
  const details = differs('nodes/edges', size(left), size(right));
  return details.length === 0 ? [] : [{ section: 'action_graph', label: 'shape', details }];
}

function deliverablesOf({ task_ledger: ledger }: RunPlannerRoundRecord): string {
  return debugList((ledger?.deliverables ?? []).map(({ id, status }) => `${id}:${status}`));
}

function shown(text: string | null, mask: Mask): string {
  return debugText(text === null ? null : mask(text));
}

function flag(value: boolean | null): string {
  return value === null ? 'None' : `Some(${value})`;
}

function differs(what: string, left: string | number, right: string | number): readonly string[] {
  return left === right ? [] : [`${what}: ${left} -> ${right}`];
}
