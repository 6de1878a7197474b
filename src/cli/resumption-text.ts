/** What people and the kernel say in `Interrupted` and `Resumed` events, in words: asks, votes, decisions, pauses, messages. */
import {
  askIn,
  canonicalJson,
  decodeAction,
  resumptionIn,
  verdictOf,
  type Approval,
  type Ask,
  type Decision,
  type Json,
  type Resumption,
  type Vote,
} from '../kernel';
import { excerpt } from './characters';

/** Longest excerpt of a value, in characters. */
const VALUE_LENGTH_MAX = 90;

/** A value as JSON, cut where it is long. */
export function valueText(value: Json): string {
  return excerpt(JSON.stringify(value), VALUE_LENGTH_MAX);
}

/** What an `Interrupted` event's value says: an ask, a pause, or a plain question. */
export function interruptText(value: Json): string {
  const ask = askIn(value);
  return ask === null ? saidText(value) : `asks: ${questionText(ask)}`;
}

/** What a `Resumed` event's value says: something of the kernel's own, or a plain answer. */
export function saidText(value: Json): string {
  const resumption = resumptionIn(value);
  return resumption === null ? valueText(value) : resumptionText(resumption);
}

/** A question, and why it is asked. */
export function questionText({ question, reason = null }: { question: string; reason?: string | null }): string {
  return reason === null ? question : `${question} (${reason})`;
}

/** What somebody says of what is asked: `ann approves`. */
export function voteText(kind: Ask['kind'], vote: Vote): string {
  const who = vote.by ?? 'somebody';
  if (kind !== 'approval') return `${who} answers ${valueText(vote.value)}`;
  const { decision, reason, input } = verdictOf(vote);
  const edit = input === undefined ? '' : `, with ${valueText(input)}`;
  return `${who} ${decision === 'approve' ? 'approves' : 'denies'}${edit}${because(reason)}`;
}

/** An action as it is proposed: its name, and all of its input. */
export function proposalText(proposal: Json): string {
  const action = decodeAction(proposal);
  switch (action.type) {
    case 'CallTool':
      return `${action.tool} ${JSON.stringify(action.input)}`;
    case 'CallLLM':
      return `${action.provider} ${JSON.stringify(action.input)}`;
    case 'Sleep':
      return `sleep ${action.millis} ms`;
    case 'WaitSignal':
      return `wait for signal ${action.name}`;
  }
}

function resumptionText(resumption: Resumption): string {
  switch (resumption.type) {
    case 'vote':
      return voteText(looksLikeVerdict(resumption.vote.value) ? 'approval' : 'question', resumption.vote);
    case 'decision':
      return decisionText(resumption.decision);
    case 'approval':
      return approvalText(resumption.approval);
    case 'escalated':
      return `nobody answered so far: others may answer too (escalation ${resumption.escalated.stage + 1})`;
    case 'steer':
      return `message${from(resumption.steer.by)}: ${valueText(resumption.steer.message)}`;
    case 'pause':
      return `paused${by([resumption.pause.by])}${because(resumption.pause.reason)}`;
    case 'unpause':
      return `pause ended${by([resumption.unpause.by])}`;
  }
}

function decisionText({ outcome, value, reason, by: people }: Decision): string {
  switch (outcome) {
    case 'approved':
    case 'denied':
      return `${outcome}${by(people)}${because(reason)}`;
    case 'answered':
      return `answered ${valueText(value)}${by(people)}`;
    case 'expired':
    case 'undecided':
      return `${outcome}${because(reason)}${value === null ? '' : `; so it is ${valueText(value)}`}`;
  }
}

function approvalText({ outcome, proposed, action, reason, by: people }: Approval): string {
  const isEdited = outcome === 'approved' && canonicalJson(proposed) !== canonicalJson(action);
  return `${outcome}${by(people)}${isEdited ? `, as ${excerpt(proposalText(action), VALUE_LENGTH_MAX)}` : ''}${because(reason)}`;
}

/** A vote alone does not say what was asked; what approvers say always has this form in the log. */
function looksLikeVerdict(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'decision');
}

function by(people: readonly (string | null)[]): string {
  const names = people.filter((person) => person !== null);
  return names.length === 0 ? '' : ` by ${names.join(', ')}`;
}

function from(person: string | null): string {
  return person === null ? '' : ` from ${person}`;
}

function because(reason: string | null): string {
  return reason === null ? '' : `: ${reason}`;
}
