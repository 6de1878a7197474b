/** What a person sees of a run in the Web UI. */
import { askIn, describe, pendingActionsOf, summaryOf, type Json, type Machine, type Program } from '../kernel';
import type { BurstTally } from './burst-tally';

const DETAILS_LENGTH_MAX = 2_000;

/** What of a run is shown. */
interface Shown {
  readonly machine: Machine;
  readonly lastBurst: BurstTally | null;
}

/** Markdown: where the run stands, and what it asks. */
export function detailsOf(program: Program, { machine: { head, waiting }, lastBurst }: Shown): string {
  const actions = pendingActionsOf(waiting).map(({ action }) => summaryOf(program, action));
  const doing = actions.length === 0 ? describe(waiting) : actions.join('; ');
  const ran = lastBurst === null ? '' : `\n\nThe last burst ran ${String(lastBurst)}`;
  if (waiting.for !== 'answer') return `Event ${head}: ${doing}${ran}`;
  const ask = askIn(waiting.interrupt.value);
  const asks = `\n\n\`\`\`json\n${excerpt(waiting.interrupt.value)}\n\`\`\``;
  return `Event ${head}: ${doing}${ask === null ? '' : `\n\n**${ask.question}** ${ask.reason ?? ''}`}${asks}${ran}`;
}

function excerpt(value: Json): string {
  const text = JSON.stringify(value, null, 2);
  return text.length <= DETAILS_LENGTH_MAX ? text : `${text.slice(0, DETAILS_LENGTH_MAX)}…`;
}
