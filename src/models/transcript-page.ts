/**
 * A page of a conversation, as it is stored: the addresses of up to 32 messages, and of the page before.
 *
 *     { "$transcript": 1, "length": 70, "before": "sha256:…", "messages": ["sha256:…", …] }
 *
 * Guarantees: every page but the last of a conversation is full, so that one conversation has one form, and the number of a page's messages
 * follows from its length. Lengths fall from page to page, so no chain of them has a loop.
 */
import { isAddress, isPlainObject, KernelError, type Address, type Json } from '../kernel';

/** Messages of a full page. */
export const PAGE_MESSAGES = 32;

/** Longest conversation, in messages. */
export const TRANSCRIPT_LENGTH_MAX = 100_000;

/** The member that makes an object a page, and the version of its form. */
const PAGE_TAG = '$transcript';
const PAGE_VERSION = 1;

export interface Page {
  /** Messages of the conversation up to the end of this page. */
  readonly length: number;
  /** The page before; null for the first. */
  readonly before: Address | null;
  readonly messages: readonly Address[];
}

/** A page as it is stored. */
export function encodePage({ length, before, messages }: Page): Json {
  return { [PAGE_TAG]: PAGE_VERSION, length, before, messages };
}

/** @throws KernelError `InvalidTranscript`, naming the address */
export function decodePage(address: Address, value: Json): Page {
  const wrong = (reason: string): KernelError => invalidTranscript(`artifact ${address} is no page of one: ${reason}`);
  if (!isPlainObject(value) || !Object.hasOwn(value, PAGE_TAG)) throw wrong(`it has no member ${PAGE_TAG}`);
  const { [PAGE_TAG]: version, length, before, messages, ...others } = value;
  if (version !== PAGE_VERSION) throw wrong(`its form ${JSON.stringify(version)} is not known here`);
  if (Object.keys(others).length > 0) throw wrong('it has members that no page has');
  if (!isLength(length)) throw wrong('its length is none');
  if (!Array.isArray(messages) || !messages.every(isAddress)) throw wrong('its messages are no addresses');
  if (before !== null && !isAddress(before)) throw wrong('what is before it is no address');
  if (messages.length !== messagesOfLastPage(length)) throw wrong('its length does not fit its messages');
  if ((before === null) !== length <= PAGE_MESSAGES) throw wrong('its length does not fit what is before it');
  return { length, before, messages };
}

/** How many messages the last page of a conversation of a length has. */
function messagesOfLastPage(length: number): number {
  return ((length - 1) % PAGE_MESSAGES) + 1;
}

function isLength(length: unknown): length is number {
  return typeof length === 'number' && Number.isInteger(length) && length >= 1 && length <= TRANSCRIPT_LENGTH_MAX;
}

/** The error for a conversation that is none. */
export function invalidTranscript(reason: string): KernelError {
  return new KernelError('InvalidTranscript', `a conversation can't be had: ${reason}`);
}
