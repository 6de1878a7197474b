/** A run's timeline as a table: a line for each step, with the event that began it and the one that ended it. */
import { decodeAction, summaryOf, type StoredLog } from '../../../src/kernel';
import { licenceAuditor, Question } from '../licence-auditor';

interface Row {
  readonly seqs: string;
  readonly kinds: string;
  readonly what: string;
  readonly seconds: string;
  readonly note: string;
}

/**
 * @param startedAtMs when the run began
 * @param attempts how many attempts each action took, by action id
 */
export function timelineTable(
  log: readonly StoredLog[],
  startedAtMs: number,
  attempts: ReadonlyMap<string, number>,
): string[] {
  const rows: Row[] = [];
  for (let index = 0; index < log.length; index += 1) {
    const entry = log[index] as StoredLog;
    const answer = log[index + 1];
    const paired = answer !== undefined && endsWhat(entry, answer);
    if (paired) index += 1;
    rows.push(rowOf(entry, paired ? answer : null, startedAtMs, attempts));
  }
  const width = (of: (row: Row) => string): number => Math.max(...rows.map((row) => of(row).length));
  const [seqs, kinds, what, seconds] = [
    width((row) => row.seqs),
    width((row) => row.kinds),
    width((row) => row.what),
    width((row) => row.seconds),
  ];
  return rows.map((row) =>
    [row.seqs.padStart(seqs), row.kinds.padEnd(kinds), row.what.padEnd(what), row.seconds.padStart(seconds), row.note]
      .join('  ')
      .trimEnd(),
  );
}

function endsWhat({ event: first }: StoredLog, { event: second }: StoredLog): boolean {
  if (first.type === 'Interrupted') return second.type === 'Resumed';
  return first.type === 'ActionRequested' && (second.type === 'ActionSucceeded' || second.type === 'ActionFailed');
}

function rowOf(
  first: StoredLog,
  last: StoredLog | null,
  startedAtMs: number,
  attempts: ReadonlyMap<string, number>,
): Row {
  const { event } = first;
  const tried = event.type === 'ActionRequested' ? (attempts.get(event.actionId) ?? 1) : 1;
  const endedAtMs = (last ?? first).origin.timeMs;
  return {
    seqs: last === null ? String(first.eventIndex) : `${first.eventIndex}-${last.eventIndex}`,
    kinds: last === null ? event.type : `${event.type} → ${last.event.type}`,
    what: whatOf(first, last),
    seconds: `${((endedAtMs - startedAtMs) / 1000).toFixed(2)} s`,
    note: tried > 1 ? `${tried} attempts` : '',
  };
}

function whatOf({ event }: StoredLog, last: StoredLog | null): string {
  switch (event.type) {
    case 'ActionRequested':
      return summaryOf(licenceAuditor, decodeAction(event.payload));
    case 'StateUpdated':
      return event.stepId ?? '';
    case 'Interrupted': {
      const asked = Question.safeParse(event.value);
      const answer = last?.event.type === 'Resumed' ? ` → ${JSON.stringify(last.event.value)}` : '';
      return `${asked.success ? asked.data.question : ''}${answer}`;
    }
    default:
      return '';
  }
}
