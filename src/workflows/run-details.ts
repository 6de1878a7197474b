/** What a person sees of a run in the Web UI. */
import { askIn, describe, pendingActionsOf, summaryOf, type Json, type Machine, type Program } from '../kernel';

const DETAILS_LENGTH_MAX = 2_000;

/** Markdown: where the run stands, and what it asks. */
export function detailsOf(program: Program, { head, waiting }: Machine): string {
  const actions = pendingActionsOf(waiting).map(({ action }) => summaryOf(program, action));
  const doing = actions.length === 0 ? describe(waiting) : actions.join('; ');
  if (waiting.for !== 'answer') return `Event ${head}: ${doing}`;
  const ask = askIn(waiting.interrupt.value);
  const asks = `\n\n\`\`\`json\n${excerpt(waiting.interrupt.value)}\n\`\`\``;
  return `Event ${head}: ${doing}${ask === null ? '' : `\n\n**${ask.question}** ${ask.reason ?? ''}`}${asks}`;
}

function excerpt(value: Json): string {
  const text = JSON.stringify(value, null, 2);
  return text.length <= DETAILS_LENGTH_MAX ? text : `${text.slice(0, DETAILS_LENGTH_MAX)}…`;
}
