/**
 * A run's record, made of its mirrored log and of what history knows beyond it.
 *
 * Guarantees: the same log and history give the same record; ids are those of the log, times those of history, and nothing is drawn by
 * chance. A record of a run that goes on is a part of what the record will be.
 */
import {
  askIn,
  canonicalJson,
  KernelError,
  ownIdOf,
  type Json,
  type StoredLog,
  type StoredRun,
  type TenantId,
} from '../../kernel';
import { timestampText } from '../execution-events/timestamp';
import { mergeChildRuns } from './child-runs';
import { storyOf, type LogStage, type LogStory } from './log-stages';
import { usageOfCalls, type LlmCall } from './llm-usage';
import { memberOf, textIn } from './member';
import { RunRecordSchema, type RunHitlQuestionRecord, type RunRecordDocument, type ToolCallRecord } from './run-record';
import { senderKey, type RunClosing, type RunHistory } from './run-history';
import { durationMsOf, isChildRun, outputText, stageRecordOf } from './stage-of-log';
import type { RunCheckpointRecord, RunStageRecord, RunTransitionRecord } from './stage-record';
import { toolFixtureHash } from './tool-fixture-hash';
import { transcriptOf } from './transcript-of-calls';

/** Entries of a log that a record is made of, at most. */
export const RECORD_ENTRIES_MAX = 100_000;

/** What a record is made of. */
export interface RunToRecord {
  readonly run: StoredRun;
  readonly tenant: TenantId;
  /** The whole log. */
  readonly entries: readonly StoredLog[];
  /** Null where history is gone. */
  readonly history: RunHistory | null;
  /** How the run ended, where no history says it; null while it goes on. */
  readonly closed: RunClosing['status'] | null;
  /** The run that the first of its ancestors is; null when it is nobody's child. */
  readonly rootRunId: string | null;
}

/** @throws KernelError `RunRecordFile` for a log of more than `RECORD_ENTRIES_MAX` entries */
export function recordOfRun(from: RunToRecord): RunRecordDocument {
  const { run, entries, history } = from;
  if (entries.length > RECORD_ENTRIES_MAX) {
    const reason = `run ${run.runId} has ${entries.length} entries: a record is made of at most ${RECORD_ENTRIES_MAX}`;
    throw new KernelError('RunRecordFile', reason);
  }
  const story = storyOf(run, entries);
  const stages = story.stages.map((stage) => stageRecordOf(stage, history));
  const status = statusOf(from, story);
  const done = [...new Set(stages.filter((stage) => stage.status === 'completed').map(({ node_id: node }) => node))];
  const pending = [...new Set(stages.filter(isUnderWay).map(({ node_id: node }) => node))];
  return RunRecordSchema.parse({
    _type: 'run_record',
    id: run.runId,
    workflow_id: run.program,
    workflow_name: run.program,
    status,
    started_at: timestampText(run.startedAtMs),
    finished_at: finishedAt(from, status),
    parent_run_id: run.parent?.runId ?? null,
    root_run_id: from.rootRunId ?? run.runId,
    stages,
    transitions: transitionsOf(stages),
    checkpoints: checkpointsOf(from, story, stages, status),
    child_runs: mergeChildRuns([], stages),
    pending_nodes: pending,
    completed_nodes: done,
    transcript: transcriptOf(run.runId, story.stages),
    usage: usageOfCalls(story.stages.flatMap((stage) => callOf(stage, history))),
    tool_recordings: recordingsOf(story.stages, history),
    hitl_questions: questionsOf(run.program, story.stages, history),
    metadata: metadataOf(from, story),
  });
}

function isUnderWay({ status }: RunStageRecord): boolean {
  return status === 'running' || status === 'waiting';
}

function statusOf({ entries, history, closed }: RunToRecord, { stages }: LogStory): string {
  const ended = history?.closing?.status ?? closed ?? (entries.at(-1)?.event.type === 'Completed' ? 'completed' : null);
  if (ended !== null) return ended === 'timedOut' ? 'timed_out' : ended;
  const waits = stages.some(({ kind, last }) => last === null && (kind === 'human' || kind === 'signal'));
  return waits ? 'blocked' : 'running';
}

function finishedAt({ entries, history, run }: RunToRecord, status: string): string | null {
  if (status === 'running' || status === 'blocked') return null;
  return timestampText(history?.closing?.atMs ?? entries.at(-1)?.origin.timeMs ?? run.startedAtMs);
}

/** Which stage came after which. One that began while others went on came after the one that began before it. */
function transitionsOf(stages: readonly RunStageRecord[]): readonly RunTransitionRecord[] {
  return stages.slice(1).map((stage, at) => ({
    id: `transition:${stage.id}`,
    from_stage_id: stages[at]?.id ?? null,
    from_node_id: stages[at]?.node_id ?? null,
    to_node_id: stage.node_id,
    branch: null,
    timestamp: stage.started_at,
    consumed_artifact_ids: [],
    produced_artifact_ids: [],
    to_stage_id: stage.id,
  }));
}

/** Where a run stopped for somebody, where an execution handed on to the next, and where the run ended: there it goes on from. */
function checkpointsOf(
  { run, entries }: RunToRecord,
  story: LogStory,
  stages: readonly RunStageRecord[],
  status: string,
): readonly RunCheckpointRecord[] {
  const checkpoints: RunCheckpointRecord[] = [];
  const blocking = new Set(
    story.stages.filter(({ kind }) => kind === 'human' || kind === 'signal').map(({ first }) => first.eventIndex),
  );
  const ends = new Map(story.stages.map(({ last }, at) => [last?.eventIndex ?? null, stages[at]]));
  const completed = new Set<string>();
  let lastStage: RunStageRecord | null = null;
  for (const [at, entry] of entries.entries()) {
    const ended = ends.get(entry.eventIndex);
    if (ended !== undefined) lastStage = ended;
    if (ended?.status === 'completed') completed.add(ended.node_id);
    const next = entries[at + 1];
    const handsOn = next !== undefined && next.origin.executionId !== entry.origin.executionId;
    const isEnd = next === undefined && status !== 'running' && status !== 'blocked';
    const reason = blocking.has(entry.eventIndex) ? 'blocked' : handsOn ? 'continued_as_new' : isEnd ? status : null;
    if (reason === null) continue;
    checkpoints.push({
      id: `${run.runId}-${entry.eventIndex}`,
      ready_nodes: reason === 'blocked' ? [story.stages.find(({ first }) => first === entry)?.nodeId ?? ''] : [],
      completed_nodes: [...completed],
      last_stage_id: lastStage?.id ?? null,
      persisted_at: timestampText(entry.origin.timeMs),
      reason,
      state_hash: entry.stateHash,
    });
  }
  return checkpoints;
}

function recordingsOf(stages: readonly LogStage[], history: RunHistory | null): readonly ToolCallRecord[] {
  const calls = stages.filter(({ kind, last }) => (kind === 'tool' || kind === 'child_run') && last !== null);
  return calls.map((stage, at) => {
    const input = stage.action?.type === 'CallTool' ? stage.action.input : null;
    return {
      tool_name: stage.nodeId,
      tool_use_id: stage.id,
      args_hash: toolFixtureHash(stage.nodeId, input),
      result: stage.error ?? outputText(isChildRun(stage, history) ? stateOf(stage.output) : stage.output),
      is_rejected: false,
      duration_ms: durationMsOf(stage, history),
      iteration: at + 1,
      timestamp: timestampText(stage.first.origin.timeMs),
      input,
      outcome: stage.error === null ? 'success' : 'error',
    };
  });
}

/** What a child run came to. Its ids and hashes are those of the child, and stand with the child run. */
function stateOf(outcome: Json): Json {
  return memberOf(outcome, 'state') ?? null;
}

function callOf(stage: LogStage, history: RunHistory | null): readonly LlmCall[] {
  if (stage.kind !== 'llm' || stage.last === null || stage.error !== null) return [];
  return [{ provider: stage.nodeId, output: stage.output, durationMs: durationMsOf(stage, history) }];
}

function questionsOf(
  agent: string,
  stages: readonly LogStage[],
  history: RunHistory | null,
): readonly RunHitlQuestionRecord[] {
  return stages
    .filter(({ kind, nodeId }) => kind === 'human' && nodeId !== 'pause')
    .map(({ id, question, first, last, output, votes, by }) => {
      const asked = {
        request_id: id,
        prompt: promptOf(question),
        agent,
        trace_id: null,
        asked_at: timestampText(first.origin.timeMs),
        question,
        ...(votes.length === 0
          ? {}
          : {
              votes: votes.map(({ atMs, roles, ...vote }) => ({ ...vote, roles: [...roles], at: timestampText(atMs) })),
            }),
      };
      if (last === null) return asked;
      const { executionId, historyEventId, timeMs } = last.origin;
      const sender = history?.senders.get(senderKey(executionId, historyEventId)) ?? null;
      const people = by?.filter((person) => person !== null) ?? [];
      const answeredBy = people.length === 0 ? sender : people.join(', ');
      return { ...asked, answer: output, answered_at: timestampText(timeMs), answered_by: answeredBy };
    });
}

/** The words of a question: its text, or that of the member that is one. */
function promptOf(question: Json): string {
  const ask = askIn(question);
  if (ask !== null) return ask.question;
  if (typeof question === 'string') return question;
  const words = ['prompt', 'question', 'text', 'message'].map((name) => textIn(question, name));
  return words.find((word) => word !== null) ?? canonicalJson(question);
}

function metadataOf({ run, tenant, entries, history }: RunToRecord, { unasked, unknown }: LogStory): Json {
  const head = entries.at(-1);
  const failure = history?.closing?.failure ?? null;
  const notes = unasked.map(({ origin, event }) => ({
    at: timestampText(origin.timeMs),
    value: event.type === 'Resumed' ? event.value : null,
  }));
  return {
    engine: 'temporal',
    run_id: ownIdOf(run),
    tenant,
    program_version: run.version,
    initial_state: run.initialState,
    genesis_hash: run.genesisHash,
    execution_ids: [...new Set([run.firstExecutionId, ...entries.map(({ origin }) => origin.executionId)])],
    head: head?.eventIndex ?? 0,
    head_hash: head?.hash ?? run.genesisHash,
    ...(head === undefined ? {} : { state_hash: head.stateHash }),
    ...(run.branch === null ? {} : { branch: { ...run.branch } }),
    ...(failure === null ? {} : { failure: { type: failure.type, message: failure.message } }),
    ...(notes.length === 0 ? {} : { unasked_answers: notes }),
    ...(unknown.size === 0 ? {} : { unknown_events: Object.fromEntries(unknown) }),
    ...(history === null ? { history: 'gone' } : {}),
  };
}
