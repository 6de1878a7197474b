/** A stored log beside what history and the real code make of the same run, and every place where they differ. */
import {
  canonicalJson,
  chainHash,
  decodeEvent,
  eventText,
  hashOf,
  sealOf,
  type Hash,
  type Json,
  type LogStore,
  type Origin,
  type RunId,
  type Seq,
  type StoredLog,
} from '../kernel';
import type { ReplayedEntry } from '../protocol';
import { positionFromJson, type MirrorPosition } from './mirror-position';

/** The checks of a verification. */
export type Check = 'chain' | 'fold' | 'replay';

/** A place where history and log differ. */
export interface Problem {
  /** The check that found it. */
  readonly check: Check;
  /** The entry of the log; null where the difference is not one entry's. */
  readonly seq: Seq | null;
  /** The history event behind the entry, with its execution; null where none is known. */
  readonly historyEventId: number | null;
  readonly reason: string;
}

/** What verification found. */
export interface Verdict {
  readonly ok: boolean;
  /** The checks that were made. The replay needs the workflow code, so it is made where that is given. */
  readonly checks: readonly Check[];
  /** The head of the stored log. */
  readonly head: Seq;
  /** The hash that the history gives at that head. */
  readonly hash: Hash;
  /** The first places that differ, at most `PROBLEMS_MAX`. */
  readonly problems: readonly Problem[];
}

/** Problems that a verdict lists; one wrong byte makes all that follows differ. */
export const PROBLEMS_MAX = 10;

/** Entries that are read from the store at once. */
const STORED_PAGE = 500;

/** Compares. The store is read first; then comes what the fold gives, and what the replay gives. */
export class LogComparison {
  readonly #store: LogStore;
  readonly #runId: RunId;
  readonly #checks: readonly Check[];
  readonly #problems: Problem[] = [];
  #stored: StoredLog[] = [];
  #head: Seq = 0;
  #hash: Hash = '';
  #seal: Hash = '';
  #hashAtHead: Hash | null = null;
  #derived: Seq = 0;
  #positionSeen = false;

  constructor(store: LogStore, runId: RunId, replays: boolean) {
    this.#checks = replays ? ['chain', 'fold', 'replay'] : ['chain', 'fold'];
    this.#store = store;
    this.#runId = runId;
  }

  expectHead(head: Seq): void {
    this.#head = head;
  }

  begin(genesisHash: Hash): void {
    this.#hash = genesisHash;
    this.#seal = genesisHash;
  }

  /** Reads the stored entries and checks both chains by themselves, so that a changed row is named even without history. */
  async readStored(): Promise<void> {
    for (let from = 1; from <= this.#head;) {
      const page = await this.#store.scanLog(this.#runId, from, STORED_PAGE);
      if (page.length === 0) break;
      for (const entry of page) this.#checkStored(entry);
      from += page.length;
    }
    if (this.#stored.length !== this.#head) {
      this.problem(
        'chain',
        this.#stored.length + 1,
        null,
        `the stored log has ${this.#stored.length} of ${this.#head} entries`,
      );
    }
  }

  entry(derived: StoredLog): void {
    const stored = this.#stored[derived.eventIndex - 1];
    this.#derived = derived.eventIndex;
    if (derived.eventIndex === this.#head) this.#hashAtHead = derived.hash;
    if (stored === undefined) return;
    const { eventIndex: seq } = derived;
    const eventId = derived.origin.historyEventId;
    const difference = differenceOf(stored, derived);
    if (difference !== null)
      this.problem('fold', seq, eventId, `the log's entry ${seq} and history event ${eventId} differ: ${difference}`);
  }

  /** The fold's snapshots are not compared one by one: every stored one is checked against the log. */
  snapshot(): void {
    return;
  }

  /** Compares the stored position, once the fold stands where it says. */
  comparePosition(stored: Json, folded: MirrorPosition): void {
    const position = positionFromJson(stored);
    if (position?.executionId !== folded.executionId || position.lastEventId !== folded.lastEventId) return;
    this.#positionSeen = true;
    if (canonicalJson(position) === canonicalJson(folded)) return;
    const unread = unreadThatDiffers(position, folded);
    this.problem(
      'fold',
      this.#head,
      unread ?? folded.lastEventId,
      'the position from which the mirror goes on is not what history gives',
    );
  }

  /** @param stored the stored position */
  finish(stored: Json): void {
    const missing = this.#stored[this.#derived];
    if (missing !== undefined) {
      const { eventIndex: seq, origin } = missing;
      this.problem('fold', seq, origin.historyEventId, `history gives no entry ${seq}, but the store has one`);
    }
    if (this.#positionSeen) return;
    const lastEventId = positionFromJson(stored)?.lastEventId ?? null;
    this.problem('fold', this.#head, lastEventId, 'the position from which the mirror goes on is not in history');
  }

  /** Checks every stored snapshot against the state hash of its entry. */
  async checkSnapshots(): Promise<void> {
    for (let snapshot = await this.#store.loadLatest(this.#runId); snapshot !== null;) {
      const { atSeq, state } = snapshot;
      if (this.#stored[atSeq - 1]?.stateHash !== hashOf(state)) {
        this.problem('chain', atSeq, null, `the snapshot at ${atSeq} is not the state after entry ${atSeq}`);
      }
      if (atSeq <= 1) return;
      snapshot = await this.#store.loadLatest(this.#runId, atSeq - 1);
    }
  }

  /** Compares an entry that the real code made with the stored one. */
  replayed({ seq, event, stateHash }: ReplayedEntry): void {
    const stored = this.#stored[seq - 1];
    if (stored === undefined) return;
    const text = eventText(decodeEvent(event));
    const { historyEventId } = stored.origin;
    if (text !== eventText(stored.event)) {
      const said = `the log says ${excerpt(eventText(stored.event))}, the code ${excerpt(text)}`;
      this.problem('replay', seq, historyEventId, `a replay makes another entry ${seq}: ${said}`);
    } else if (stateHash !== stored.stateHash) {
      this.problem('replay', seq, historyEventId, `a replay comes to another state after entry ${seq}`);
    }
  }

  /** A history may have grown since it was mirrored; it can't have become shorter. */
  replayEnded(made: number): void {
    if (made < this.#head) this.problem('replay', made + 1, null, `a replay makes ${made} of ${this.#head} entries`);
  }

  problem(check: Check, seq: Seq | null, historyEventId: number | null, reason: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push({ check, seq, historyEventId, reason });
  }

  verdict(hash: Hash): Verdict {
    const { length } = this.#problems;
    return {
      ok: length === 0,
      checks: this.#checks,
      head: this.#head,
      hash: this.#hashAtHead ?? hash,
      problems: this.#problems,
    };
  }

  #checkStored(entry: StoredLog): void {
    const { eventIndex: seq, event, stateHash, origin } = entry;
    const hash = chainHash(this.#hash, { seq, event }, stateHash);
    if (entry.hash !== hash) {
      this.problem(
        'chain',
        seq,
        origin.historyEventId,
        `the stored entry ${seq} was changed: its content does not give its hash`,
      );
    } else if (entry.seal !== sealOf(this.#seal, hash, origin)) {
      this.problem(
        'chain',
        seq,
        origin.historyEventId,
        `the stored entry ${seq} was changed: its origin does not give its seal`,
      );
    }
    this.#hash = entry.hash;
    this.#seal = entry.seal;
    this.#stored.push(entry);
  }
}

/** The event of the first unread input in which two positions differ; null when they differ elsewhere. */
function unreadThatDiffers(stored: MirrorPosition, folded: MirrorPosition): number | null {
  const [one, other] = [stored, folded].map(({ checkpoint, inboxOrigins, signalOrigins }) => [
    ...checkpoint.inbox.map((value, index) => ({ value, origin: inboxOrigins[index] })),
    ...checkpoint.signals.map((value, index) => ({ value, origin: signalOrigins[index] })),
  ]) as [Unread[], Unread[]];
  for (let index = 0; index < Math.max(one.length, other.length); index += 1) {
    const unread = one[index] ?? other[index];
    if (canonicalJson(one[index] ?? null) === canonicalJson(other[index] ?? null)) continue;
    return unread?.origin?.historyEventId ?? null;
  }
  return null;
}

interface Unread {
  readonly value: Json;
  readonly origin: Origin | undefined;
}

function differenceOf(stored: StoredLog, derived: StoredLog): string | null {
  if (eventText(stored.event) !== eventText(derived.event)) {
    return `the log says ${excerpt(eventText(stored.event))}, history gives ${excerpt(eventText(derived.event))}`;
  }
  if (stored.stateHash !== derived.stateHash) return 'the hash of the state after it';
  if (canonicalJson(stored.origin) !== canonicalJson(derived.origin)) return 'where and when it happened';
  return stored.hash === derived.hash && stored.seal === derived.seal ? null : 'their hashes';
}

const EXCERPT_LENGTH_MAX = 120;

function excerpt(text: string): string {
  return text.length <= EXCERPT_LENGTH_MAX ? text : `${text.slice(0, EXCERPT_LENGTH_MAX)}…`;
}
