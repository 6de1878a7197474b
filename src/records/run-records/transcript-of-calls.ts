/**
 * What was said to language models, and what they said, as a record has it. The messages of a long conversation are artifacts: the
 * transcript has their addresses, and says where the conversation was made shorter.
 */
import type { Json } from '../../kernel';
import { timestampText } from '../execution-events/timestamp';
import type { LogStage } from './log-stages';
import { countIn, memberOf, textIn } from './member';

/** The transcript of a run's model calls; null where no model was called. */
export function transcriptOf(runId: string, stages: readonly LogStage[]): Json {
  const calls = stages.filter(({ kind }) => kind === 'llm');
  if (calls.length === 0) return null;
  return {
    _type: 'transcript',
    id: `${runId}:transcript`,
    assets: calls.flatMap((call) => archiveOf(call) ?? []),
    events: calls.flatMap((call) => [callEvent(call), ...(compactionEvent(call) ?? [])]),
  };
}

function callEvent({ id, nodeId, action, output, error, first, last }: LogStage): Json {
  return {
    id,
    kind: 'llm_call',
    provider: nodeId,
    input: action?.type === 'CallLLM' ? action.input : null,
    output,
    error,
    requested_at: timestampText(first.origin.timeMs),
    finished_at: last === null ? null : timestampText(last.origin.timeMs),
  };
}

/** The conversation as it was before a call made it shorter: it is kept, and its address is its id. */
function archivedBy({ action, output, error, last }: LogStage): string | null {
  const isCompact = textIn(output, 'task') === 'compact' && error === null && last !== null;
  // One that had nothing to make shorter has archived nothing.
  const isCompaction = isCompact && countIn(output, 'after') < countIn(output, 'before');
  return isCompaction && action?.type === 'CallLLM' ? textIn(action.input, 'transcript') : null;
}

function archiveOf(call: LogStage): Json[] | null {
  const id = archivedBy(call);
  return id === null ? null : [{ id, kind: 'transcript' }];
}

function compactionEvent(call: LogStage): Json[] | null {
  const archived = archivedBy(call);
  if (archived === null) return null;
  const { id, output } = call;
  const usage = memberOf(output, 'usage') ?? null;
  const metadata = {
    mode: 'auto',
    strategy: 'summarize',
    archived_messages: countIn(output, 'before') - countIn(output, 'kept'),
    // The call read the whole conversation, as did each attempt that failed. How long the shorter one is says the next call.
    estimated_tokens_before:
      countIn(usage, 'inputTokens') - countIn(memberOf(usage, 'failedAttempts') ?? null, 'inputTokens'),
    snapshot_asset_id: archived,
    instruction_mode: 'default',
  };
  return [{ id: `${id}:compaction`, kind: 'compaction', metadata }];
}
