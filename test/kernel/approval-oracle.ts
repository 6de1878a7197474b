/**
 * An auditor of logs: says from the log alone whether every action that needs an approval had one, by the rules, and no more than one
 * result. It shares no code with the kernel on purpose.
 */
import type { AskRules, Answerers } from '../../src/kernel/ask';
import type { SequencedEvent } from '../../src/kernel/event';
import type { Json } from '../../src/kernel/json';

type Members = Readonly<Record<string, Json>>;

interface Grant {
  readonly proposed: string;
  readonly action: string;
  readonly isApproved: boolean;
}

interface Asked {
  readonly proposed: string;
  proposal: string;
  stage: number;
  votes: { readonly by: string | null; readonly approves: boolean }[];
}

/** What an auditor needs to know beside the log. */
export interface Audit {
  readonly rules: AskRules;
  readonly starter: string;
  readonly needsApproval: (payload: Json) => boolean;
}

/**
 * Audits a log.
 *
 * @returns the ids of the actions that people denied: none of them may have been done
 * @throws Error naming the seq where something happened that nobody had approved
 */
export function auditApprovals(
  events: readonly SequencedEvent[],
  { rules, starter, needsApproval }: Audit,
): ReadonlySet<string> {
  const denied = new Set<string>();
  const open = new Set<string>();
  let grants: Grant[] = [];
  let asked: Asked | null = null;
  const { votes: needed = 1, notTheStarter = false, escalations = [], who, otherwise, deadlineMs } = rules;

  const mayVote = (by: string | null, roles: readonly string[], stage: number): boolean => {
    if (by === null) return needed === 1 && !notTheStarter && who === undefined;
    if (notTheStarter && by === starter) return false;
    if (who === undefined) return true;
    const circles: readonly Answerers[] = [who, ...escalations.filter((_, index) => index < stage).map(({ to }) => to)];
    return circles.some(
      ({ people = [], roles: allowed = [] }) => people.includes(by) || allowed.some((role) => roles.includes(role)),
    );
  };

  for (const { seq, event } of events) {
    const fail = (what: string): never => {
      throw new Error(`at seq ${seq}: ${what}`);
    };
    const count = (vote: Members): void => {
      if (asked === null) return fail('a vote on nothing');
      const by = vote['by'] as string | null;
      const verdict = vote['value'] as Members;
      if (!mayVote(by, vote['roles'] as readonly string[], asked.stage)) fail(`${by} may not vote`);
      if (by !== null && asked.votes.some((other) => other.by === by)) fail(`${by} voted twice`);
      if ('input' in verdict) {
        const { CallTool } = JSON.parse(asked.proposal) as { CallTool: Members };
        const edited = text({ CallTool: { ...CallTool, input: verdict['input'] } });
        if (edited !== asked.proposal) asked.votes = [];
        asked.proposal = edited;
      }
      asked.votes.push({ by, approves: verdict['decision'] === 'approve' });
    };
    const settle = (approval: Members): void => {
      if (asked === null) return fail('an approval that nobody asked for');
      const vote = approval['vote'] as Members | null;
      const isApproved = approval['outcome'] === 'approved';
      if (text(approval['proposed'] as Json) !== asked.proposed) fail('an approval of something else');
      if (vote === null) {
        if (deadlineMs === undefined || asked.stage < escalations.length) fail('time approved what had no deadline');
        if (isApproved && otherwise !== 'approve') fail('time approved against the rules');
        if (isApproved && text(approval['action'] as Json) !== asked.proposed) fail('time approved an edit');
      } else {
        count(vote);
        const approvals = asked.votes.filter(({ approves }) => approves).length;
        if (isApproved && approvals < needed) fail(`approved by ${approvals} of ${needed}`);
        if (isApproved && text(approval['action'] as Json) !== asked.proposal) fail('they approved something else');
      }
      grants.push({ proposed: asked.proposed, action: text(approval['action'] as Json), isApproved });
      asked = null;
    };
    switch (event.type) {
      case 'Interrupted': {
        const ask = memberOf(event.value, '$ask') as Members | undefined;
        if (ask?.['asker'] === 'policy') {
          const proposed = text(ask['action'] as Json);
          asked = { proposed, proposal: proposed, stage: 0, votes: [] };
        } else if (memberOf(event.value, '$pause') === undefined) {
          grants = [];
        }
        break;
      }
      case 'Resumed': {
        const [vote, approval, escalated] = ['$vote', '$approval', '$escalated'].map((key) =>
          memberOf(event.value, key),
        );
        if (vote !== undefined) {
          // Votes on what the program asks are its own affair.
          if (asked !== null) count(vote as Members);
        } else if (escalated !== undefined) {
          if (asked !== null) asked.stage += 1;
        } else if (approval !== undefined) {
          settle(approval as Members);
        } else if (memberOf(event.value, '$unpause') === undefined) {
          grants = [];
        }
        break;
      }
      case 'StateUpdated':
        grants = [];
        break;
      case 'ActionRequested': {
        const payload = text(event.payload);
        const at = grants.findIndex(({ proposed, action, isApproved }) => (isApproved ? action : proposed) === payload);
        if (at === -1 && needsApproval(event.payload)) fail(`${payload} was not approved`);
        if (at !== -1 && grants[at]?.isApproved === false) denied.add(event.actionId);
        if (at !== -1) grants.splice(at, 1);
        open.add(event.actionId);
        break;
      }
      case 'ActionSucceeded':
      case 'ActionFailed':
        grants = [];
        if (!open.delete(event.actionId)) fail(`a second result of ${event.actionId}`);
        if (denied.has(event.actionId) && !(event.type === 'ActionFailed' && event.error.startsWith('denied'))) {
          fail(`${event.actionId} was denied, and has a result`);
        }
        break;
      case 'Completed':
        break;
    }
  }
  return denied;
}

function memberOf(value: Json, key: string): Json | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Members)[key] : undefined;
}

/** A payload as a text; its keys are in order, because it comes out of a log. */
function text(value: Json): string {
  return JSON.stringify(value, (_, member: Json) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}
