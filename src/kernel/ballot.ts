/**
 * Ballots: what is known of an ask that waits for its answer, who may still answer, and what an answer settles.
 *
 * Everything follows from the log: the ask, the votes, the escalations.
 */
import { encodeAction, decodeAction } from './action';
import { momentsOf, type Answerers, type Ask } from './ask';
import { canonicalJson } from './canonical-json';
import type { Json } from './json';
import type { Decision, Vote } from './resumption';
import { readVerdict, type Verdict } from './verdict';

/** An ask, and what has happened to it. */
export interface Ballot {
  readonly ask: Ask;
  /** The action as it stands, edits included; null when none is proposed. */
  readonly proposal: Json;
  /** The votes on the proposal as it stands. */
  readonly votes: readonly Vote[];
  /** Escalations that have come. */
  readonly stage: number;
}

/** What is to happen to a ballot by itself. */
export interface Alarm {
  /** Which of its moments: 0 for the first. */
  readonly stage: number;
  /** Milliseconds since the moment before it, or since the asking. */
  readonly afterMs: number;
}

/** How a ballot was settled. */
export type Settlement = Pick<Decision, 'outcome' | 'value' | 'reason' | 'by'>;

/** A ballot without votes. */
export function openBallot(ask: Ask): Ballot {
  return { ask, proposal: ask.action ?? null, votes: [], stage: 0 };
}

/** The next thing that happens to a ballot by itself; null when nothing will. */
export function alarmOf({ ask, stage }: Ballot): Alarm | null {
  const moments = momentsOf(ask);
  const moment = moments[stage];
  return moment === undefined ? null : { stage, afterMs: moment - (moments[stage - 1] ?? 0) };
}

/** Whether the next moment of a ballot is its deadline. */
export function isDeadline({ ask, stage }: Ballot): boolean {
  return stage === (ask.escalations ?? []).length;
}

/**
 * Why somebody may not answer; null when they may.
 *
 * @param starter who started the run, where that is known
 */
export function barOf(
  { ask, stage, votes }: Ballot,
  starter: string | null,
  { by, roles }: Omit<Vote, 'value'>,
): Bar | null {
  const bar = (code: Bar['code'], reason: string): Bar => ({ code, reason });
  const { who, votes: needed = 1, notTheStarter = false } = ask;
  if (by === null && (needed > 1 || notTheStarter || who !== undefined)) {
    return bar('NotAuthorized', 'say who answers: it is not for everybody');
  }
  if (by !== null && votes.some((vote) => vote.by === by)) {
    return bar('AlreadyVoted', `${by} has answered already; the answers of others are waited for`);
  }
  if (notTheStarter && starter === null) {
    return bar(
      'NotAuthorized',
      'another person than the one who started the run must answer, and nobody said who that was',
    );
  }
  if (notTheStarter && by === starter) {
    return bar('NotAuthorized', `${by} started the run: another person must answer`);
  }
  if (who === undefined) return null;
  const circles = [who, ...(ask.escalations ?? []).slice(0, stage).map(({ to }) => to)];
  if (circles.some((circle) => isIn(circle, by, roles))) return null;
  return bar('NotAuthorized', `${by} may not answer: ${circles.map(inWords).join(', or ')} may`);
}

/** A refusal to let somebody answer. */
export interface Bar {
  readonly code: 'NotAuthorized' | 'AlreadyVoted';
  readonly reason: string;
}

/** A ballot with one vote more. An edit is another proposal: what was said of the one before counts no more. */
export function withVote(ballot: Ballot, vote: Vote): Ballot {
  const { ask, proposal, votes } = ballot;
  const { input } = ask.kind === 'approval' ? verdictOf(vote) : {};
  const edited = input === undefined ? proposal : editedAction(proposal, input);
  const isEdited = canonicalJson(edited) !== canonicalJson(proposal);
  return { ...ballot, proposal: edited, votes: [...(isEdited ? [] : votes), vote] };
}

/**
 * What the last vote of a ballot settles; null while more are waited for.
 *
 * @param starter who started the run, where that is known
 */
export function settlementOf(ballot: Ballot, starter: string | null): Settlement | null {
  const vote = ballot.votes.at(-1);
  if (vote === undefined) return null;
  const { ask, votes, proposal } = ballot;
  const needed = ask.votes ?? 1;
  const electorate = electorateOf(ballot, starter);
  if (ask.kind === 'approval') {
    const { decision, reason } = verdictOf(vote);
    const [approvals, denials] = [votesFor('approve', votes), votesFor('deny', votes)];
    if (approvals.length >= needed) return { outcome: 'approved', value: proposal, reason, by: approvals };
    // Where it is not known how many may answer, and where one answer is enough, one who says no is enough too.
    const isVetoed = decision === 'deny' && (needed === 1 || electorate === Number.POSITIVE_INFINITY);
    if (!isVetoed && electorate - denials.length >= needed) return null;
    const why = decision === 'deny' ? reason : 'too few people are left who may approve';
    return { outcome: 'denied', value: proposal, reason: why, by: denials };
  }
  const same = votes.filter(({ value }) => canonicalJson(value) === canonicalJson(vote.value));
  if (same.length >= needed) {
    return { outcome: 'answered', value: vote.value, reason: null, by: same.map(({ by }) => by) };
  }
  if (votes.length < electorate) return null;
  return {
    outcome: 'undecided',
    value: ask.otherwise ?? null,
    reason: 'the votes differ',
    by: votes.map(({ by }) => by),
  };
}

/** What the deadline settles. */
export function expiryOf({ ask }: Ballot): Settlement {
  const reason = 'nobody answered in time';
  if (ask.kind !== 'approval') return { outcome: 'expired', value: ask.otherwise ?? null, reason, by: [] };
  const verdict = ask.otherwise === undefined ? null : readVerdict(ask.otherwise);
  const outcome = verdict?.decision === 'approve' ? 'approved' : 'denied';
  // What some edited did not get its votes: what time approves is what was proposed.
  return { outcome, value: ask.action ?? null, reason: verdict?.reason ?? reason, by: [] };
}

/** Who votes so. */
function votesFor(decision: Verdict['decision'], votes: readonly Vote[]): readonly (string | null)[] {
  return votes.filter((vote) => verdictOf(vote).decision === decision).map(({ by }) => by);
}

/** How many people may answer at most. */
function electorateOf({ ask }: Ballot, starter: string | null): number {
  const { who, escalations = [], notTheStarter = false } = ask;
  if (who?.people === undefined || who.roles !== undefined || escalations.length > 0) return Number.POSITIVE_INFINITY;
  return new Set(who.people.filter((person) => !notTheStarter || person !== starter)).size;
}

/** An action with another input. */
export function editedAction(proposal: Json, input: Json): Json {
  const action = decodeAction(proposal);
  return 'input' in action ? encodeAction({ ...action, input }) : proposal;
}

/** What an approver's vote says. What can't be read is no approval. */
export function verdictOf({ value }: Pick<Vote, 'value'>): Verdict {
  return readVerdict(value) ?? { decision: 'deny', reason: null };
}

function isIn({ people, roles: allowed }: Answerers, by: string | null, roles: readonly string[]): boolean {
  if (by !== null && people?.includes(by) === true) return true;
  return roles.some((role) => allowed?.includes(role) === true);
}

function inWords({ people = [], roles = [] }: Answerers): string {
  return [...people, ...roles.map((role) => `anybody who is ${role}`)].join(' or ');
}
