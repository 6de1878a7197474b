/**
 * What people and the kernel itself write into `Resumed` and `Interrupted` events, beside plain answers: votes, decisions, approvals,
 * escalations, steering, pauses. The specification's events carry them, each as an object with one member whose name begins with `$`;
 * so the specification's grammar holds, and a log says by itself what every entry is.
 */
import { decodeAction } from './action';
import { ASK_TAG, askIn, assertAsk } from './ask';
import { KernelError } from './error';
import type { Event } from './event';
import type { InterruptId } from './identity';
import { isPlainObject, type Json } from './json';

/** One person's answer to an ask. When it was given says the entry's origin. */
export interface Vote {
  /** Null: nobody said who. */
  readonly by: string | null;
  readonly roles: readonly string[];
  /** What was answered; of an approval, a `Verdict`. */
  readonly value: Json;
}

/** How a program's ask was settled: what its `reduce` gets. Read it with {@link decisionOf}. */
export interface Decision {
  readonly interruptId: InterruptId;
  /** `expired`: the deadline came, and `value` is what was to be then. `undecided`: all have voted, and nothing has the votes. */
  readonly outcome: 'answered' | 'approved' | 'denied' | 'expired' | 'undecided';
  /** The answer; of an approval, the action as it was approved, in its wire form. Null where there is none. */
  readonly value: Json;
  readonly reason: string | null;
  /** Who wanted it so. */
  readonly by: readonly (string | null)[];
  /** The vote that settled it; null when time did. */
  readonly vote: Vote | null;
}

/** How a policy's ask was settled. The program does not see it: it sees the action, or that it failed. */
export interface Approval {
  readonly interruptId: InterruptId;
  readonly outcome: 'approved' | 'denied';
  /** The action that the program asked for, in its wire form. */
  readonly proposed: Json;
  /** The action as it was approved, edits included. */
  readonly action: Json;
  readonly reason: string | null;
  readonly by: readonly (string | null)[];
  readonly vote: Vote | null;
}

/** A message that was put in while a run is under way. Read it with {@link steeringOf}. */
export interface Steering {
  readonly message: Json;
  readonly by: string | null;
}

/** What a value in the log means to the kernel. */
export type Resumption =
  | { readonly type: 'vote'; readonly vote: Vote & { readonly interruptId: InterruptId } }
  | { readonly type: 'decision'; readonly decision: Decision }
  | { readonly type: 'approval'; readonly approval: Approval }
  /** More people may answer: the next of the ask's escalations. */
  | { readonly type: 'escalated'; readonly escalated: { readonly interruptId: InterruptId; readonly stage: number } }
  | { readonly type: 'steer'; readonly steer: Steering }
  | { readonly type: 'pause'; readonly pause: { readonly by: string | null; readonly reason: string | null } }
  | { readonly type: 'unpause'; readonly unpause: { readonly by: string | null } };

type Members = Readonly<Record<string, unknown>>;

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
const isVote = ({ by, roles, value }: Members): boolean => {
  return isTextOrNull(by) && Array.isArray(roles) && value !== undefined;
};
const isSettled = ({ interruptId, outcome, reason, by, vote }: Members): boolean => {
  const isSaid = vote === null || (isPlainObject(vote) && isVote(vote));
  return isText(interruptId) && isText(outcome) && isTextOrNull(reason) && Array.isArray(by) && isSaid;
};

/** What each looks like: what looks otherwise is not the kernel's. */
const LOOKS: Readonly<Record<Resumption['type'], (members: Members) => boolean>> = {
  vote: (vote) => isText(vote['interruptId']) && isVote(vote),
  decision: (decision) => isSettled(decision) && decision['value'] !== undefined,
  approval: (approval) =>
    isSettled(approval) && isPlainObject(approval['proposed']) && isPlainObject(approval['action']),
  escalated: ({ interruptId, stage }) => isText(interruptId) && Number.isSafeInteger(stage),
  steer: ({ message, by }) => message !== undefined && isTextOrNull(by),
  pause: ({ by, reason }) => isTextOrNull(by) && isTextOrNull(reason),
  unpause: ({ by }) => isTextOrNull(by),
};

/** A resumption as it stands in the log. */
export function encodeResumption(resumption: Resumption): Json {
  const { type } = resumption;
  return { [`$${type}`]: (resumption as unknown as Readonly<Record<string, Json>>)[type] as Json };
}

/** What a value says to the kernel; null when it is a plain one. */
export function resumptionIn(value: Json): Resumption | null {
  const type = typeIn(value);
  if (type === null) return null;
  const members = (value as Readonly<Record<string, Json>>)[`$${type}`];
  return isPlainObject(members) && LOOKS[type](members) ? ({ type, [type]: members } as unknown as Resumption) : null;
}

/** Which of the kernel's own a value is called; null when it is called otherwise. */
function typeIn(value: Json): Resumption['type'] | null {
  if (!isPlainObject(value)) return null;
  const [key, ...more] = Object.keys(value);
  const isOwn = key?.startsWith('$') === true && more.length === 0 && Object.hasOwn(LOOKS, key.slice(1));
  return isOwn ? (key.slice(1) as Resumption['type']) : null;
}

/** Whether a value is called like one of the kernel's own. Nothing from outside may be. */
export function isReserved(value: Json): boolean {
  return typeIn(value) !== null || (isPlainObject(value) && Object.hasOwn(value, ASK_TAG));
}

/**
 * Checks what a program asks: a plain question, or an ask of its own. What the kernel alone says it may not say, or it could
 * approve its own actions.
 *
 * @throws KernelError `InvalidAsk`, `InvalidEvent` for a proposed action that is none
 */
export function assertProgramAsks(value: Json): void {
  if (!isReserved(value)) return;
  const ask = askIn(value);
  const fail = (reason: string): never => {
    throw new KernelError('InvalidAsk', `what is asked can't be asked: ${reason}`);
  };
  if (ask === null) return fail('an object whose one member begins with $ is the kernel’s own');
  if (ask.asker !== 'program') fail('only the kernel asks for a policy');
  assertAsk(ask);
  if (ask.action !== undefined) decodeAction(ask.action);
}

/** How an ask of the program was settled, if that is what an event says. */
export function decisionOf(event: Event): Decision | null {
  const resumption = event.type === 'Resumed' ? resumptionIn(event.value) : null;
  return resumption?.type === 'decision' ? resumption.decision : null;
}

/** The message that somebody put in, if that is what an event says. */
export function steeringOf(event: Event): Steering | null {
  const resumption = event.type === 'Resumed' ? resumptionIn(event.value) : null;
  return resumption?.type === 'steer' ? resumption.steer : null;
}

/** Whether an event is the program's to reduce. Votes, pauses and the approvals of a policy are between people and the kernel. */
export function concernsProgram(event: Event): boolean {
  if (event.type === 'Interrupted') {
    return askIn(event.value)?.asker !== 'policy' && resumptionIn(event.value)?.type !== 'pause';
  }
  if (event.type !== 'Resumed') return true;
  const resumption = resumptionIn(event.value);
  return resumption === null || resumption.type === 'decision' || resumption.type === 'steer';
}
