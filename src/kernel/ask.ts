/**
 * Asks: interrupts that say what kind of answer they want, from whom, and by when.
 *
 * A program asks with `question`, `choice` and `approval`; a policy that says `ask` has the kernel ask for the approval of an action. In
 * the log an ask is an `Interrupted` event like any other, whose value is `{ "$ask": … }`; so the specification's grammar holds.
 * Time is counted from the asking, by whoever runs the machine; the machine itself reads no clock.
 */
import { encodeAction, SLEEP_MS_MAX, type Action } from './action';
import { canonicalJson } from './canonical-json';
import { KernelError } from './error';
import { isPlainObject, type Json } from './json';
import type { Next } from './step';
import { readVerdict } from './verdict';

/** Who may answer: somebody who is named, or who has one of the roles. */
export interface Answerers {
  readonly people?: readonly string[];
  readonly roles?: readonly string[];
}

/** Other people who may answer too, when nobody did for so long. */
export interface Escalation {
  /** Milliseconds since the question was asked. */
  readonly afterMs: number;
  readonly to: Answerers;
}

/** The rules of an ask. */
export interface AskRules {
  /** Default: anybody. */
  readonly who?: Answerers;
  /** How many people must say the same. Default 1. */
  readonly votes?: number;
  /** Dual control: whoever started the run may not answer. Default false. */
  readonly notTheStarter?: boolean;
  /** Milliseconds until the answer is `otherwise`. Default: none. */
  readonly deadlineMs?: number;
  /**
   * The answer when the deadline comes; of an approval, a verdict without an edit. Default: an approval is denied, and other
   * questions stay without an answer.
   */
  readonly otherwise?: Json;
  /** In the order in which they come, each before the deadline. */
  readonly escalations?: readonly Escalation[];
  /** What helps to decide. */
  readonly evidence?: Json;
}

/** What an ask wants. */
export type AskKind = 'question' | 'choice' | 'approval';

/** An ask, as it stands in the log. */
export interface Ask extends AskRules {
  readonly kind: AskKind;
  /** `policy`: the kernel asks, and the program is not told. */
  readonly asker: 'program' | 'policy';
  /** The question, for a person. */
  readonly question: string;
  /** Why the policy asks. */
  readonly reason?: string;
  /** The proposed action of an approval, in its wire form. */
  readonly action?: Json;
  /** The answers of a choice. */
  readonly options?: readonly string[];
  /** The program's form that the answer of a question must fit. */
  readonly form?: string;
}

/** The member of an `Interrupted` event's value that makes it an ask. */
export const ASK_TAG = '$ask';

/** Longest question or reason, in UTF-16 units. */
export const ASK_TEXT_LENGTH_MAX = 10_000;

/** Most votes, people, roles and options of one ask. */
export const ASK_LIST_MAX = 100;

/** Most escalations of one ask. */
export const ESCALATIONS_MAX = 10;

/** Ask for an answer in words, or for one that fits a form of the program. The program's `reduce` gets the {@link Decision}. */
export function question(text: string, rules: AskRules & { readonly form?: string } = {}): Next {
  return asking({ kind: 'question', asker: 'program', question: text, ...rules });
}

/** Ask for one of several answers. */
export function choice(text: string, options: readonly string[], rules: AskRules = {}): Next {
  return asking({ kind: 'choice', asker: 'program', question: text, options, ...rules });
}

/** Ask whether something may be done. The approver of an action may edit its input. */
export function approval(text: string, rules: AskRules & { readonly action?: Action } = {}): Next {
  const { action, ...more } = rules;
  return asking({
    kind: 'approval',
    asker: 'program',
    question: text,
    ...(action === undefined ? {} : { action: encodeAction(action) }),
    ...more,
  });
}

function asking(ask: Ask): Next {
  return { type: 'Interrupt', info: { value: { [ASK_TAG]: ask as unknown as Json } } };
}

/** The ask in an `Interrupted` event's value; null when it is a plain question, or what can't be an ask. */
export function askIn(value: Json): Ask | null {
  if (!isPlainObject(value) || !Object.hasOwn(value, ASK_TAG)) return null;
  const ask = value[ASK_TAG] as unknown as Partial<Ask> | null;
  if (!isPlainObject(ask) || !KINDS.includes(ask.kind) || !ASKERS.includes(ask.asker)) return null;
  const { question, who, escalations } = ask;
  const isWhole = who === undefined || isPlainObject(who);
  return typeof question === 'string' && isWhole && Array.isArray(escalations ?? []) ? (ask as Ask) : null;
}

const KINDS: readonly unknown[] = ['question', 'choice', 'approval'] satisfies AskKind[];
const ASKERS: readonly unknown[] = ['program', 'policy'] satisfies Ask['asker'][];

/** The moments of an ask at which something happens by itself, in milliseconds since it was asked: the escalations, then the deadline. */
export function momentsOf({ escalations = [], deadlineMs }: AskRules): readonly number[] {
  return [...escalations.map(({ afterMs }) => afterMs), ...(deadlineMs === undefined ? [] : [deadlineMs])];
}

/** Whether the same people decide by two rules, in the same way. What helps them to decide is no part of it. */
export function hasSameRules(one: AskRules, other: AskRules): boolean {
  return rulesText(one) === rulesText(other);
}

function rulesText({
  who,
  votes = 1,
  notTheStarter = false,
  deadlineMs,
  otherwise,
  escalations = [],
}: AskRules): string {
  const rules = { who, votes, notTheStarter, deadlineMs, otherwise, escalations };
  return canonicalJson(JSON.parse(JSON.stringify(rules)) as Json);
}

/**
 * Checks an ask.
 *
 * @throws KernelError `InvalidAsk`, saying what to change
 */
export function assertAsk(ask: Ask): void {
  const fail = (reason: string): never => {
    throw new KernelError('InvalidAsk', `what is asked can't be asked: ${reason}`);
  };
  const isText = (text: unknown): boolean => typeof text === 'string' && text.length <= ASK_TEXT_LENGTH_MAX;
  if (!isPlainObject(ask) || !KINDS.includes(ask.kind)) fail('it is of no kind');
  if (ask.question === '' || !isText(ask.question)) {
    fail(`the question must be a text of 1 to ${ASK_TEXT_LENGTH_MAX} characters`);
  }
  if (ask.reason !== undefined && !isText(ask.reason)) fail(`reason must be a text`);
  const { votes = 1, options, deadlineMs, escalations = [] } = ask;
  if (!Number.isSafeInteger(votes) || votes < 1 || votes > ASK_LIST_MAX) fail(`votes must be 1 to ${ASK_LIST_MAX}`);
  if ((ask.kind === 'choice') !== (options !== undefined)) fail('a choice, and nothing else, has options');
  if (options !== undefined) {
    if (!isList(options) || options.length === 0) fail(`options must be 1 to ${ASK_LIST_MAX} texts`);
    if (new Set(options).size < options.length) fail('two options are the same');
  }
  assertAnswerers(ask.who, 'who', fail);
  if (escalations.length > ESCALATIONS_MAX) {
    fail(`at most ${ESCALATIONS_MAX} escalations are possible`);
  }
  for (const { to } of escalations) assertAnswerers(to, 'to', fail);
  if (escalations.length > 0 && ask.who === undefined) fail('it escalates, but anybody may answer: say who');
  momentsOf(ask).reduce((before, moment) => {
    if (Number.isSafeInteger(moment) && moment > before && moment <= SLEEP_MS_MAX) return moment;
    return fail(`escalations and deadline must come one after the other, within 1 to ${SLEEP_MS_MAX} ms`);
  }, 0);
  if (ask.otherwise !== undefined && deadlineMs === undefined) fail('`otherwise` needs a deadline');
  if (ask.kind === 'approval' && ask.otherwise !== undefined) {
    const verdict = readVerdict(ask.otherwise);
    if (verdict === null || verdict.input !== undefined) fail('`otherwise` of an approval is "approve" or "deny"');
  }
  const { people } = ask.who ?? {};
  const different = new Set(people).size;
  if (ask.who?.roles === undefined && people !== undefined && escalations.length === 0 && different < votes) {
    fail(`${votes} votes are needed, but only ${different} people may answer`);
  }
}

function assertAnswerers(answerers: Answerers | undefined, what: string, fail: (reason: string) => never): void {
  if (answerers === undefined) return;
  const { people, roles } = answerers;
  if (people === undefined && roles === undefined) fail(`${what} names neither people nor roles`);
  for (const list of [people, roles]) {
    if (list !== undefined && !isList(list)) fail(`${what} must be lists of at most ${ASK_LIST_MAX} texts`);
  }
}

function isList(list: unknown): boolean {
  return (
    Array.isArray(list) &&
    list.length <= ASK_LIST_MAX &&
    list.every((text) => typeof text === 'string' && text !== '' && text.length <= ASK_TEXT_LENGTH_MAX)
  );
}
