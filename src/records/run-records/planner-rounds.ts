/** Planner rounds: what an agent's stage says of its own work, in the data of its first artifact that has any. */
import { countIn, elementsIn, memberOf, textIn, textsIn } from './member';
import type { RunPlannerRoundRecord, RunTaskLedgerSummaryRecord } from './observability-record';
import type { RunStageRecord } from './stage-record';

/** The planner round of a stage; null when it was no agent's, or says nothing of it. */
export function plannerRoundOf(stage: RunStageRecord): RunPlannerRoundRecord | null {
  const result = stage.artifacts.find(({ data }) => data !== null)?.data;
  if (result === undefined) return null;
  const trace = memberOf(result, 'trace');
  const tools = memberOf(result, 'tools');
  const ledger = taskLedgerOf(memberOf(result, 'task_ledger'));
  const counts = {
    iteration_count: countIn(trace, 'iterations'),
    llm_call_count: countIn(trace, 'llm_calls'),
    tool_execution_count: countIn(trace, 'tool_executions'),
    tool_rejection_count: countIn(trace, 'tool_rejections'),
    intervention_count: countIn(trace, 'interventions'),
    compaction_count: countIn(trace, 'compactions'),
    native_text_tool_fallback_count: countIn(trace, 'native_text_tool_fallbacks'),
    native_text_tool_fallback_rejection_count: countIn(trace, 'native_text_tool_fallback_rejections'),
    empty_completion_retry_count: countIn(trace, 'empty_completion_retries'),
  };
  const round = {
    stage_id: stage.id,
    node_id: stage.node_id,
    stage_kind: stage.kind,
    status: stage.status,
    outcome: stage.outcome,
    ...counts,
    tools_used: memberOf(tools, 'calls') === undefined ? textsIn(trace, 'tools_used') : textsIn(tools, 'calls'),
    successful_tools: textsIn(tools, 'successful'),
    ledger_done_rejections: countIn(result, 'ledger_done_rejections'),
    task_ledger: ledger,
    research_facts: ledger?.observations ?? [],
  };
  return isAgentic(round) ? round : null;
}

/** Rejections, interventions and compactions alone do not make an agent. */
function isAgentic(round: RunPlannerRoundRecord): boolean {
  const counts = [
    round.iteration_count,
    round.llm_call_count,
    round.tool_execution_count,
    round.native_text_tool_fallback_count,
    round.native_text_tool_fallback_rejection_count,
    round.empty_completion_retry_count,
    round.ledger_done_rejections,
    round.tools_used.length,
    round.successful_tools.length,
  ];
  return round.task_ledger !== null || counts.some((count) => count > 0);
}

function taskLedgerOf(ledger: unknown): RunTaskLedgerSummaryRecord | null {
  const deliverables = elementsIn(ledger, 'deliverables').map((item) => ({
    id: textIn(item, 'id') ?? '',
    text: textIn(item, 'text') ?? '',
    status: textIn(item, 'status') ?? '',
    note: textIn(item, 'note'),
  }));
  const rootTask = textIn(ledger, 'root_task') ?? '';
  const rationale = textIn(ledger, 'rationale') ?? '';
  const observations = textsIn(ledger, 'observations');
  if (rootTask === '' && rationale === '' && deliverables.length === 0 && observations.length === 0) return null;
  const blocking = deliverables.filter(({ status }) => status === 'open' || status === 'blocked');
  return { root_task: rootTask, rationale, deliverables, observations, blocking_count: blocking.length };
}
