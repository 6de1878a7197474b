/** An ask that waits for its answer, as the terminal prints it: as JSON, and in lines. */
import type { Answerers, Ballot } from '../kernel';
import { questionText, proposalText, voteText } from './resumption-text';
import type { AskOutput } from './output/ask';

/** What is known of an ask: what it wants, and what was said so far. */
export function askOutput({ ask, proposal, votes, stage }: Ballot): AskOutput {
  const { who, escalations = [] } = ask;
  const others = escalations.slice(0, stage).map(({ to }) => to);
  return {
    kind: ask.kind,
    asker: ask.asker,
    question: ask.question,
    reason: ask.reason ?? null,
    action: proposal,
    options: ask.options ?? null,
    form: ask.form ?? null,
    evidence: ask.evidence ?? null,
    who: who === undefined ? [] : [who, ...others],
    notTheStarter: ask.notTheStarter === true,
    votesNeeded: ask.votes ?? 1,
    votes,
    deadlineMs: ask.deadlineMs ?? null,
    otherwise: ask.otherwise ?? null,
  };
}

/** What a person needs to decide, line by line: label and text. */
export function askLines(ask: AskOutput, deadline: string | null): (readonly [string, string])[] {
  const { action, options, form, evidence, votes, votesNeeded, otherwise, kind } = ask;
  const otherwiseText = kind === 'approval' ? 'it is denied' : 'it stays without an answer';
  const after = otherwise === null ? otherwiseText : `it is ${JSON.stringify(otherwise)}`;
  const rows: (readonly [string, string] | null)[] = [
    ['asks', questionText(ask)],
    action === null ? null : ['proposed', proposalText(action)],
    options === null ? null : ['options', options.join(', ')],
    form === null ? null : ['form', form],
    evidence === null ? null : ['evidence', JSON.stringify(evidence)],
    ['who', whoText(ask)],
    votesNeeded === 1 && votes.length === 0
      ? null
      : ['votes', [`${votesNeeded} needed`, ...votes.map((vote) => voteText(kind, vote))].join('; ')],
    deadline === null ? null : ['deadline', `${deadline}, then ${after}`],
  ];
  return rows.filter((row) => row !== null);
}

/** What to type to answer, without the name of the executable. */
export function howToAnswer(runId: string, ask: AskOutput | undefined): string {
  return ask?.kind === 'approval' ? `approve ${runId}, or deny ${runId} --reason TEXT` : `answer ${runId} VALUE`;
}

function whoText({ who, notTheStarter }: AskOutput): string {
  const circles = who.map(circleText).join(', or ');
  return `${circles === '' ? 'anybody' : circles}${notTheStarter ? ', but not who started the run' : ''}`;
}

function circleText({ people = [], roles = [] }: Answerers): string {
  return [...people, ...roles.map((role) => `anybody who is ${role}`)].join(' or ');
}
