/** A stage of a log as a stage of a record: with its tries, how long they took, and the run that it started. */
import { canonicalJson, CANCELLED_ERROR, isPlainObject, type Json } from '../../kernel';
import { timestampText } from '../execution-events/timestamp';
import type { LogStage } from './log-stages';
import { usageOfCalls, visibleTextOf } from './llm-usage';
import { textIn } from './member';
import type { ActionAttempt, RunHistory } from './run-history';
import { RunStageRecordSchema, type RunStageRecord } from './stage-record';

/** The record of a stage. */
export function stageRecordOf(stage: LogStage, history: RunHistory | null): RunStageRecord {
  const { id, kind, nodeId, first, last, output } = stage;
  const isChild = isChildRun(stage, history);
  const { status, outcome } = endOf(stage);
  const finishedAt = last === null ? null : timestampText(last.origin.timeMs);
  const isCall = kind === 'llm' && last !== null && stage.error === null;
  const call = { provider: nodeId, output, durationMs: durationMsOf(stage, history) };
  return RunStageRecordSchema.parse({
    id,
    node_id: nodeId,
    kind: isChild ? 'child_run' : kind,
    status,
    outcome,
    started_at: timestampText(first.origin.timeMs),
    finished_at: finishedAt,
    visible_text: isCall ? visibleTextOf(output) : null,
    usage: isCall ? usageOfCalls([call]) : null,
    attempts: attemptsOf(stage, history, status, outcome),
    metadata: {
      seq: first.eventIndex,
      ...(last === null || last === first ? {} : { last_seq: last.eventIndex }),
      ...(kind === 'step' ? { updates: stage.entries } : {}),
      ...(isChild ? workerOf(stage, history, status, finishedAt) : {}),
    },
  });
}

/** How long a stage took, in milliseconds: the last try, as history has it, or from the request to the result. */
export function durationMsOf({ id, first, last }: LogStage, history: RunHistory | null): number {
  const tried = history?.actions.get(id)?.attempts.at(-1);
  const fromMs = tried?.startedAtMs ?? first.origin.timeMs;
  const toMs = tried?.finishedAtMs ?? last?.origin.timeMs ?? fromMs;
  // A signal can have come before it was waited for.
  return Math.max(0, toMs - fromMs);
}

/** A value as a text: a text as it is, anything else as canonical JSON. */
export function outputText(output: Json): string {
  return typeof output === 'string' ? output : canonicalJson(output);
}

/** Whether a call of a tool started a run: history says so, or its output is the outcome of the run that has the action's id. */
export function isChildRun({ id, kind, output }: LogStage, history: RunHistory | null): boolean {
  if (kind !== 'tool') return false;
  const known = history?.actions.get(id);
  if (known !== undefined) return known.kind === 'childRun';
  return textIn(output, 'runId') === id && textIn(output, 'hash') !== null && isPlainObject(output) && 'head' in output;
}

/** The run that a stage started, as the specification has it of a worker: `mergeChildRuns` makes a child run of it. */
function workerOf(
  { id, nodeId, action, output, first }: LogStage,
  history: RunHistory | null,
  status: string,
  finishedAt: string | null,
): Readonly<Record<string, Json>> {
  const head = isPlainObject(output) && Object.hasOwn(output, 'head') ? (output['head'] as Json) : null;
  const worker = {
    id,
    name: nodeId,
    status,
    started_at: timestampText(first.origin.timeMs),
    finished_at: finishedAt,
    child_run_id: id,
    request: action?.type === 'CallTool' ? action.input : null,
    provenance: {
      first_execution_id: history?.actions.get(id)?.childExecutionId ?? null,
      head,
      head_hash: textIn(output, 'hash'),
    },
  };
  return { worker_id: id, worker };
}

function endOf({ kind, last, error }: LogStage): { readonly status: string; readonly outcome: string } {
  if (last === null) return { status: kind === 'human' || kind === 'signal' ? 'waiting' : 'running', outcome: '' };
  if (error === null) return { status: 'completed', outcome: 'success' };
  return error === CANCELLED_ERROR
    ? { status: 'cancelled', outcome: 'cancelled' }
    : { status: 'failed', outcome: 'error' };
}

function attemptsOf(stage: LogStage, history: RunHistory | null, status: string, outcome: string): readonly Json[] {
  const known = history?.actions.get(stage.id)?.attempts ?? [];
  if (known.length > 0) return known.map((attempt) => attemptRecord(stage, attempt));
  // An action that history does not tell of is one try in the log; what no worker does has none.
  if (stage.kind === 'step' || stage.kind === 'human' || stage.kind === 'signal') return [];
  return [
    {
      attempt: 1,
      status,
      outcome,
      error: stage.error,
      started_at: timestampText(stage.first.origin.timeMs),
      finished_at: stage.last === null ? null : timestampText(stage.last.origin.timeMs),
    },
  ];
}

function attemptRecord(stage: LogStage, attempt: ActionAttempt): Json {
  const status = attempt.status === 'timedOut' ? 'timed_out' : attempt.status;
  const outcome = { completed: 'success', cancelled: 'cancelled', running: '', failed: 'error', timedOut: 'error' };
  const { startedAtMs, finishedAtMs } = attempt;
  return {
    attempt: attempt.attempt,
    status,
    outcome: outcome[attempt.status],
    error: attempt.error,
    // Of all tries but the last, history keeps no times: the first began when the action was asked for.
    started_at: timestampTextOf(startedAtMs ?? (attempt.attempt === 1 ? stage.first.origin.timeMs : null)) ?? '',
    finished_at: timestampTextOf(finishedAtMs),
  };
}

function timestampTextOf(timeMs: number | null): string | null {
  return timeMs === null ? null : timestampText(timeMs);
}
