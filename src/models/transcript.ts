/**
 * Conversations in artifacts: each message is stored once, and pages have the addresses of messages (`transcript-page.ts`). A conversation
 * is named by the address of its last page, its head.
 *
 * Guarantees: what one more message costs does not grow with the conversation, to store it as to look up its head; a conversation is
 * never changed, only continued under another head, so any number of heads can share a beginning; the same messages have the same head,
 * however many at a time they were appended (but for secret ones, each of which is stored under an address of its own). A message is stored
 * before the page that names it. It does not know what a message says.
 */
import type { JsonArtifacts, KeptValue } from '../artifacts';
import {
  ARTIFACT_TAG,
  canonicalJson,
  isAddress,
  isPlainObject,
  sealJson,
  type Address,
  type ArtifactRef,
  type Json,
} from '../kernel';
import {
  decodePage,
  encodePage,
  invalidTranscript,
  PAGE_MESSAGES,
  TRANSCRIPT_LENGTH_MAX,
  type Page,
} from './transcript-page';
import { ValueCache } from './value-cache';

const ROLES = ['system', 'user', 'assistant', 'tool'] as const;

/** A message: JSON with a role. */
export interface TranscriptMessage {
  readonly role: (typeof ROLES)[number];
  readonly [member: string]: unknown;
}

/** A message whose address tells nothing of it, and which says that it is secret when it is read. */
export interface SecretMessage {
  readonly secret: TranscriptMessage;
}

/** A message as it was read. Appended to another conversation it is not stored again, and stays secret if it was. */
export interface KeptMessage extends KeptValue {
  readonly address: Address;
}

/** What an append brought. */
export interface AppendedTranscript {
  readonly head: Address;
  /** What was stored for it, each once: messages, then pages. */
  readonly stored: readonly ArtifactRef[];
}

/** How many artifacts are read or written at once. */
const AT_ONCE = 16;

/** What is before the first message. */
const NO_PAGE: Page = { length: 0, before: null, messages: [] };

export class Transcripts {
  readonly #artifacts: JsonArtifacts;
  readonly #cache: ValueCache;

  /** @param cache for this store alone */
  constructor(artifacts: JsonArtifacts, cache: ValueCache = new ValueCache()) {
    this.#artifacts = artifacts;
    this.#cache = cache;
  }

  /**
   * Continues a conversation, or begins one. Messages are frozen in place.
   *
   * @param head where the conversation stands; null begins one
   * @throws KernelError `InvalidTranscript` for a conversation of no message or of too many, for what is no message, and for a head that is
   *   no page; `NotJson`; `ArtifactTooLarge`, `ArtifactMissing`, `ArtifactChanged`, `InvalidAddress`; or a store's
   */
  async append(
    head: Address | null,
    messages: readonly (TranscriptMessage | SecretMessage | KeptMessage)[],
  ): Promise<AppendedTranscript> {
    const last = head === null ? null : await this.#page(head);
    const given = messages.map(checkedMessage);
    if (given.length === 0) {
      if (head === null) throw invalidTranscript('it begins with a message, and there is none');
      return { head, stored: [] };
    }
    if ((last?.length ?? 0) + given.length > TRANSCRIPT_LENGTH_MAX) {
      throw invalidTranscript(`it would have more than ${TRANSCRIPT_LENGTH_MAX} messages`);
    }
    const stored = new Map<Address, ArtifactRef>();
    const addresses = await inLots(given, async (one) =>
      'address' in one ? one.address : await this.#put(one, stored),
    );
    let at = head;
    let page = last ?? NO_PAGE;
    for (let next = 0; next < addresses.length;) {
      if (page.messages.length === PAGE_MESSAGES) page = { length: page.length, before: at, messages: [] };
      const added = addresses.slice(next, next + PAGE_MESSAGES - page.messages.length);
      page = { ...page, length: page.length + added.length, messages: [...page.messages, ...added] };
      at = await this.#put({ value: encodePage(page), isSecret: false }, stored);
      next += added.length;
    }
    return { head: at as Address, stored: [...stored.values()] };
  }

  /**
   * The messages of a conversation, the oldest first.
   *
   * @throws KernelError `ArtifactMissing` or `ArtifactChanged`, naming the address; `InvalidTranscript` where a page is none;
   *   `InvalidAddress`; or a store's
   */
  async read(head: Address): Promise<readonly KeptMessage[]> {
    const pages: Page[] = [];
    let at: Address | null = head;
    let length: number | null = null;
    while (at !== null) {
      const page = await this.#page(at);
      if (length !== null && page.length !== length) {
        throw invalidTranscript(
          `the page after ${at} says that ${length} messages are before it, and there are ${page.length}`,
        );
      }
      pages.push(page);
      length = page.length - page.messages.length;
      at = page.before;
    }
    const addresses = pages.reverse().flatMap(({ messages }) => messages);
    return await inLots(addresses, async (address) => ({ address, ...(await this.#read(address)) }));
  }

  /**
   * How many messages a conversation has.
   *
   * @throws KernelError as `read`, but looks at the last page only
   */
  async lengthOf(head: Address | null): Promise<number> {
    return head === null ? 0 : (await this.#page(head)).length;
  }

  async #page(address: Address): Promise<Page> {
    return decodePage(address, (await this.#read(address)).value);
  }

  async #read(address: Address): Promise<KeptValue> {
    const cached = this.#cache.get(address);
    if (cached !== null) return cached;
    const kept = await this.#artifacts.read(address);
    this.#cache.set(address, kept, Buffer.byteLength(canonicalJson(kept.value)));
    return kept;
  }

  async #put({ value, isSecret }: KeptValue, stored: Map<Address, ArtifactRef>): Promise<Address> {
    const ref = await this.#artifacts.put(value, { secret: isSecret });
    const { address, bytes } = ref[ARTIFACT_TAG];
    stored.set(address, ref);
    this.#cache.set(address, { value, isSecret }, bytes);
    return address;
  }
}

/** What is to be appended: the address of what is kept already, or a value that is not. */
function checkedMessage(
  given: TranscriptMessage | SecretMessage | KeptMessage,
): { readonly address: Address } | KeptValue {
  if (!isPlainObject(given)) throw invalidTranscript('a message is an object with a role');
  if (Object.hasOwn(given, 'role')) return { value: messageIn(given), isSecret: false };
  if (Object.hasOwn(given, 'secret')) return { value: messageIn(given['secret']), isSecret: true };
  const address = Object.hasOwn(given, 'address') ? given['address'] : null;
  if (!isAddress(address)) throw invalidTranscript('a message is an object with a role');
  return { address };
}

function messageIn(given: unknown): Json {
  const isMessage =
    isPlainObject(given) && Object.hasOwn(given, 'role') && ROLES.some((role) => role === given['role']);
  if (!isMessage) throw invalidTranscript(`a message is an object whose role is one of ${ROLES.join(', ')}`);
  return sealJson(given);
}

/** Does the work of each, a few at a time; the results stand in the order of what they are made of. */
async function inLots<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const done: R[] = [];
  for (let start = 0; start < all.length; start += AT_ONCE) {
    done.push(...(await Promise.all(all.slice(start, start + AT_ONCE).map(work))));
  }
  return done;
}
