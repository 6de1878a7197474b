/**
 * What people and the kernel itself write into `Resumed` and `Interrupted` events, beside plain answers: votes, decisions, approvals,
 * escalations, steering, pauses. The specification's events carry them, each as an object with one member whose name begins with `$`;
 * so the specification's grammar holds, and a log says by itself what every entry is.
 */
import type { Event } from './event';
import type { InterruptId } from './identity';
import { isPlainObject, type Json } from './json';
import { askIn } from './ask';

/** One person's answer to an ask. When it was given says the entry's origin. */
export interface Vote {
  /** Null: nobody said who. */
  readonly by: string | null;
  readonly roles: readonly string[];
  /** What was answered; of an approval, a {@link Verdict}. */
  readonly value: Json;
}

/** What an approver says. */
export interface Verdict {
  readonly decision: 'approve' | 'deny';
  readonly reason: string | null;
  /** The input that the action shall have instead. */
  readonly input?: Json;
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

const TYPES: readonly string[] = [
  'vote',
  'decision',
  'approval',
  'escalated',
  'steer',
  'pause',
  'unpause',
] satisfies Resumption['type'][];

/** A resumption as it stands in the log. */
export function encodeResumption(resumption: Resumption): Json {
  const { type } = resumption;
  return { [`$${type}`]: (resumption as unknown as Readonly<Record<string, Json>>)[type] as Json };
}

/** What a value says to the kernel; null when it is a plain one. */
export function resumptionIn(value: Json): Resumption | null {
  if (!isPlainObject(value)) return null;
  const [key, ...more] = Object.keys(value);
  if (key?.startsWith('$') !== true || more.length > 0 || !TYPES.includes(key.slice(1))) return null;
  const type = key.slice(1);
  return { type, [type]: value[key] } as unknown as Resumption;
}

/** Whether a value could be taken for one of the kernel's own. Nothing from outside may be. */
export function isReserved(value: Json): boolean {
  return resumptionIn(value) !== null || askIn(value) !== null;
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
