/**
 * What is different about two runs: their stages, tool calls and what is to be seen of them from outside.
 *
 * The n-th visit of a node is compared with the other run's n-th, and the n-th call of a tool with the same arguments with its
 * n-th. A run's own id in the ids of its stages, workers and files is no difference.
 */
import { debugText } from './debug-text';
import { diffObservability, type RunObservabilityDiffRecord } from './observability-diff';
import { deriveRunObservability } from './observability';
import { ownIdMask } from './own-ids';
import { compareBytes } from './record-text';
import type { RunRecordDocument, ToolCallRecord } from './run-record';
import type { RunStageRecord } from './stage-record';
import { visitsByNode } from './replay-fixture';

/** How a stage differs: `added`, `removed` or `changed`. */
export interface RunStageDiffRecord {
  /** The node, and which visit of it when it is not the first. */
  readonly node_id: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly details: readonly string[];
}

/** A tool call whose result differs, or that only one of the runs made. */
export interface ToolCallDiffRecord {
  readonly tool_name: string;
  readonly args_hash: string;
  readonly result_changed: boolean;
  readonly left_result: string | null;
  readonly right_result: string | null;
}

/** What is different about two runs. */
export interface RunDiffReport {
  readonly left_run_id: string;
  readonly right_run_id: string;
  readonly identical: boolean;
  readonly status_changed: boolean;
  readonly left_status: string;
  readonly right_status: string;
  readonly stage_diffs: readonly RunStageDiffRecord[];
  readonly tool_diffs: readonly ToolCallDiffRecord[];
  readonly observability_diffs: readonly RunObservabilityDiffRecord[];
  readonly transition_count_delta: number;
  readonly artifact_count_delta: number;
  readonly checkpoint_count_delta: number;
}

/** Compares two runs. */
export function diffRunRecords(left: RunRecordDocument, right: RunRecordDocument): RunDiffReport {
  const stageDiffs = diffStages(left.stages, right.stages);
  const toolDiffs = diffToolCalls(left, right);
  const observabilityDiffs = diffObservability(
    { run: left, observability: left.observability ?? deriveRunObservability(left, null) },
    { run: right, observability: right.observability ?? deriveRunObservability(right, null) },
  );
  const deltas = {
    transition_count_delta: right.transitions.length - left.transitions.length,
    artifact_count_delta: right.artifacts.length - left.artifacts.length,
    checkpoint_count_delta: right.checkpoints.length - left.checkpoints.length,
  };
  const statusChanged = left.status !== right.status;
  const found = [...stageDiffs, ...toolDiffs, ...observabilityDiffs];
  return {
    left_run_id: left.id,
    right_run_id: right.id,
    identical: !statusChanged && found.length === 0 && Object.values(deltas).every((delta) => delta === 0),
    status_changed: statusChanged,
    left_status: left.status,
    right_status: right.status,
    stage_diffs: stageDiffs,
    tool_diffs: toolDiffs,
    observability_diffs: observabilityDiffs,
    ...deltas,
  };
}

function diffStages(left: readonly RunStageRecord[], right: readonly RunStageRecord[]): readonly RunStageDiffRecord[] {
  const [lefts, rights] = [visitsByNode(left), visitsByNode(right)];
  const nodes = [...new Set([...lefts.keys(), ...rights.keys()])].sort(compareBytes);
  return nodes.flatMap((node) => {
    const [mine, others] = [lefts.get(node) ?? [], rights.get(node) ?? []];
    const visits = Math.max(mine.length, others.length);
    return Array.from({ length: visits }, (_, nth) => diffVisit(nth, mine[nth], others[nth], node)).flat();
  });
}

function diffVisit(
  nth: number,
  left: RunStageRecord | undefined,
  right: RunStageRecord | undefined,
  node: string,
): readonly RunStageDiffRecord[] {
  const nodeId = nth === 0 ? node : `${node} (visit ${nth + 1})`;
  if (right === undefined) {
    return [{ node_id: nodeId, change: 'removed', details: ['stage missing from right run'] }];
  }
  if (left === undefined) return [{ node_id: nodeId, change: 'added', details: ['stage missing from left run'] }];
  const [made, otherMade] = [left.produced_artifact_ids.length, right.produced_artifact_ids.length];
  const details = [
    ...changed('status', left.status, right.status),
    ...changed('outcome', left.outcome, right.outcome),
    ...changed('branch', debugText(left.branch), debugText(right.branch)),
    ...changed('produced_artifacts', made, otherMade),
    ...changed('artifact_records', left.artifacts.length, right.artifacts.length),
  ];
  return details.length === 0 ? [] : [{ node_id: nodeId, change: 'changed', details }];
}

function diffToolCalls(left: RunRecordDocument, right: RunRecordDocument): readonly ToolCallDiffRecord[] {
  const [lefts, rights] = [byCall(left.tool_recordings), byCall(right.tool_recordings)];
  const [maskLeft, maskRight] = [ownIdMask(left), ownIdMask(right)];
  const calls = [...new Set([...lefts.keys(), ...rights.keys()])].sort(compareBytes);
  return calls.flatMap((call) => {
    const [mine, others] = [lefts.get(call) ?? [], rights.get(call) ?? []];
    return Array.from({ length: Math.max(mine.length, others.length) }, (_, nth) => {
      const [one, other] = [mine[nth], others[nth]];
      const known = one ?? other;
      const isSame = one && other && maskLeft(one.result) === maskRight(other.result);
      return known === undefined || isSame === true ? [] : [toolDiff(known, one, other)];
    }).flat();
  });
}

function toolDiff(
  { tool_name, args_hash }: ToolCallRecord,
  left: ToolCallRecord | undefined,
  right: ToolCallRecord | undefined,
): ToolCallDiffRecord {
  const results = { left_result: left?.result ?? null, right_result: right?.result ?? null };
  return { tool_name, args_hash, result_changed: true, ...results };
}

/** Calls by tool and arguments: no name of a tool has the character that stands between them. */
function byCall(recordings: readonly ToolCallRecord[]): ReadonlyMap<string, ToolCallRecord[]> {
  const calls = new Map<string, ToolCallRecord[]>();
  for (const recording of recordings) {
    const call = `${recording.tool_name}\u0000${recording.args_hash}`;
    calls.set(call, [...(calls.get(call) ?? []), recording]);
  }
  return calls;
}

/** What a detail says of two values that are not the same. */
function changed(what: string, left: string | number, right: string | number): readonly string[] {
  return left === right ? [] : [`${what}: ${left} -> ${right}`];
}
