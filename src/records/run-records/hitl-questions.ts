/**
 * Questions to people. The log of topics knows when somebody was asked; the record may know more.
 *
 * Guarantees: what the record says is kept where the log says nothing of it; questions stand in the order in which they were asked.
 */
import { isKernelError } from '../../kernel';
import { parseTimestamp } from '../execution-events/timestamp';
import { memberOf, textIn } from './member';
import { compareBytes } from './record-text';
import type { RunHitlQuestionRecord } from './run-record';
import type { TopicRecord } from './topic-log';

/** The topic of questions to people. */
export const HITL_QUESTIONS_TOPIC = 'hitl.questions';

/** The questions that a run's record and the log of topics know, by time and then by id. */
export function mergeHitlQuestions(
  runId: string,
  questions: readonly RunHitlQuestionRecord[],
  records: readonly TopicRecord[] = [],
): readonly RunHitlQuestionRecord[] {
  const merged = [...questions];
  for (const record of records) {
    const asked = questionIn(record, runId);
    if (asked === null) continue;
    const place = merged.findLastIndex(({ request_id: id }) => id === asked.request_id);
    const known = merged[place];
    if (known === undefined) merged.push(asked);
    else merged[place] = { ...known, ...said(asked) };
  }
  return merged.sort(
    (left, right) => compareTimes(left.asked_at, right.asked_at) || compareBytes(left.request_id, right.request_id),
  );
}

/** The question that an event of the topic tells of; null when it is another run's, or none. */
function questionIn({ kind, headers, payload }: TopicRecord, runId: string): RunHitlQuestionRecord | null {
  if (kind !== 'hitl.question_asked') return null;
  if (textIn(headers, 'run_id') !== runId && textIn(payload, 'run_id') !== runId) return null;
  const requestId = textIn(payload, 'request_id') ?? textIn(headers, 'request_id') ?? '';
  const prompt = textIn(memberOf(payload, 'payload'), 'prompt') ?? '';
  if (requestId === '' || prompt === '') return null;
  return {
    request_id: requestId,
    prompt,
    agent: textIn(payload, 'agent') ?? '',
    trace_id: textIn(payload, 'trace_id'),
    asked_at: textIn(payload, 'requested_at') ?? '',
  };
}

/** What an event says, without what it does not say. */
function said(question: RunHitlQuestionRecord): Partial<RunHitlQuestionRecord> {
  return Object.fromEntries(Object.entries(question).filter(([, value]) => value !== '' && value !== null));
}

/** Real times by what they say, so that fractions of a second and offsets do not matter; other texts come before them, as texts. */
export function compareTimes(left: string, right: string): number {
  const [one, other] = [timeOf(left), timeOf(right)];
  if (one === null && other === null) return compareBytes(left, right);
  return (one ?? -Infinity) < (other ?? -Infinity) ? -1 : one === other ? 0 : 1;
}

function timeOf(text: string): number | null {
  try {
    return parseTimestamp(text);
  } catch (error) {
    if (isKernelError(error, 'InvalidEvent')) return null;
    throw error;
  }
}
