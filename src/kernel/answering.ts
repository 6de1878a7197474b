/** What answers and the passing of time put into the log of a run that asks something, and whether the ask is settled by it. */
import type { Ask } from './ask';
import { expiryOf, isDeadline, settlementOf, withVote, type Ballot, type Settlement } from './ballot';
import type { InterruptId } from './identity';
import type { Json } from './json';
import { encodeResumption, type Vote } from './resumption';

/** The value of a `Resumed` event. */
export interface Answered {
  readonly value: Json;
  /** Whether the run goes on with it. */
  readonly settles: boolean;
}

/** What a vote comes to. */
export function answeredBy(interruptId: InterruptId, ballot: Ballot, vote: Vote, starter: string | null): Answered {
  const settlement = settlementOf(withVote(ballot, vote), starter);
  if (settlement !== null) return { value: settledValue(interruptId, ballot.ask, settlement, vote), settles: true };
  return { value: encodeResumption({ type: 'vote', vote: { interruptId, ...vote } }), settles: false };
}

/** What the next moment of a ballot comes to: others may answer too, or nobody any more. */
export function elapsedValue(interruptId: InterruptId, ballot: Ballot): Answered {
  if (isDeadline(ballot)) {
    return { value: settledValue(interruptId, ballot.ask, expiryOf(ballot), null), settles: true };
  }
  const escalated = { interruptId, stage: ballot.stage };
  return { value: encodeResumption({ type: 'escalated', escalated }), settles: false };
}

/** The program learns how its ask was settled; a policy's ask is only the kernel's to know. */
function settledValue(interruptId: InterruptId, ask: Ask, settlement: Settlement, vote: Vote | null): Json {
  const { outcome, value, reason, by } = settlement;
  if (ask.asker === 'program') {
    return encodeResumption({ type: 'decision', decision: { interruptId, outcome, value, reason, by, vote } });
  }
  const approval = {
    interruptId,
    outcome: outcome === 'approved' ? 'approved' : 'denied',
    proposed: ask.action ?? null,
    action: value,
    reason,
    by,
    vote,
  } as const;
  return encodeResumption({ type: 'approval', approval });
}
