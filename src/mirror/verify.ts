/**
 * Verification: the whole history is folded again and compared with the stored log, byte by byte. It finds a changed byte in
 * either, and names the place: the seq of the log, and the history event behind it.
 */
import {
  canonicalJson,
  chainHash,
  eventText,
  hashOf,
  isKernelError,
  messageOf,
  sealOf,
  type Hash,
  type Json,
  type LogStore,
  type ProgramSet,
  type RunId,
  type RunRecord,
  type Seq,
  type StoredLog,
} from '../kernel';
import { readChain, readStart } from './chain-reader';
import type { HistoryDecoder } from './history-decoder';
import type { HistorySource } from './history-source';
import { positionFromJson, type MirrorPosition } from './mirror-position';
import { RunFold } from './run-fold';

/** A place where history and log differ. */
export interface Problem {
  /** The entry of the log; null where the difference is not one entry's. */
  readonly seq: Seq | null;
  /** The history event behind the entry, with its execution; null where none is known. */
  readonly historyEventId: number | null;
  readonly reason: string;
}

/** What verification found. */
export interface Verdict {
  readonly ok: boolean;
  /** The head of the stored log. */
  readonly head: Seq;
  /** The hash that the history gives at that head. */
  readonly hash: Hash;
  /** The first places that differ, at most `PROBLEMS_MAX`. */
  readonly problems: readonly Problem[];
}

/** What is verified, and against what. */
export interface VerifyParts {
  readonly runId: RunId;
  readonly source: HistorySource;
  readonly decoder: HistoryDecoder;
  readonly programs: ProgramSet;
  readonly store: LogStore;
}

/** Problems that a verdict lists; one wrong byte makes all that follows differ. */
export const PROBLEMS_MAX = 10;

/** Entries that are read from the store at once. */
const STORED_PAGE = 500;

/** Verifies a run's stored log against its history. */
export async function verifyRun(parts: VerifyParts): Promise<Verdict> {
  const comparison = new Comparison(parts.store, parts.runId);
  try {
    const { program, run } = await readStart(parts.source, parts.decoder, parts.programs, parts.runId);
    const stored = await parts.store.loadRun(parts.runId);
    if (stored === null) {
      comparison.problem(null, null, `run ${parts.runId} is not in the store: mirror it first`);
      return comparison.verdict(run.genesisHash);
    }
    comparison.expectHead(stored.head);
    if (canonicalJson(recordOf(stored)) !== canonicalJson(recordOf(run))) {
      comparison.problem(0, 1, 'the run began otherwise than the store says');
    }
    comparison.begin(run.genesisHash);
    await comparison.readStored();
    const fold = RunFold.start(program, parts.decoder, comparison, run);
    await readChain(parts.source, parts.decoder, fold, () => {
      comparison.comparePosition(stored.position, fold.position());
      return Promise.resolve();
    });
    comparison.finish();
    await comparison.checkSnapshots();
    return comparison.verdict(fold.hash);
  } catch (error) {
    if (!isKernelError(error)) throw error;
    const eventId = isKernelError(error, 'HistoryMismatch') ? /event (\d+) /.exec(error.message)?.[1] : undefined;
    comparison.problem(error.seq, eventId === undefined ? null : Number(eventId), messageOf(error));
    return comparison.verdict('');
  }
}

/** Compares what the fold gives with what the store has. */
class Comparison {
  readonly #store: LogStore;
  readonly #runId: RunId;
  readonly #problems: Problem[] = [];
  #stored: StoredLog[] = [];
  #head: Seq = 0;
  #hash: Hash = '';
  #seal: Hash = '';
  #hashAtHead: Hash | null = null;
  #positionSeen = false;

  constructor(store: LogStore, runId: RunId) {
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
      this.problem(this.#stored.length + 1, null, `the stored log has ${this.#stored.length} of ${this.#head} entries`);
    }
  }

  entry(derived: StoredLog): void {
    const stored = this.#stored[derived.eventIndex - 1];
    if (derived.eventIndex === this.#head) this.#hashAtHead = derived.hash;
    if (stored === undefined) return;
    const { eventIndex: seq } = derived;
    const eventId = derived.origin.historyEventId;
    const difference = differenceOf(stored, derived);
    if (difference !== null)
      this.problem(seq, eventId, `the log's entry ${seq} and history event ${eventId} differ: ${difference}`);
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
    this.problem(
      this.#head,
      folded.lastEventId,
      'the position from which the mirror goes on is not what history gives',
    );
  }

  finish(): void {
    if (this.#hashAtHead === null && this.#head > 0) {
      this.problem(this.#head, null, `history gives no entry ${this.#head}, but the store has one`);
    }
    if (!this.#positionSeen)
      this.problem(this.#head, null, 'the position from which the mirror goes on is not in history');
  }

  /** Checks every stored snapshot against the state hash of its entry. */
  async checkSnapshots(): Promise<void> {
    for (let snapshot = await this.#store.loadLatest(this.#runId); snapshot !== null;) {
      const { atSeq, state } = snapshot;
      if (this.#stored[atSeq - 1]?.stateHash !== hashOf(state)) {
        this.problem(atSeq, null, `the snapshot at ${atSeq} is not the state after entry ${atSeq}`);
      }
      if (atSeq <= 1) return;
      snapshot = await this.#store.loadLatest(this.#runId, atSeq - 1);
    }
  }

  problem(seq: Seq | null, historyEventId: number | null, reason: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push({ seq, historyEventId, reason });
  }

  verdict(hash: Hash): Verdict {
    const { length } = this.#problems;
    return { ok: length === 0, head: this.#head, hash: this.#hashAtHead ?? hash, problems: this.#problems };
  }

  #checkStored(entry: StoredLog): void {
    const { eventIndex: seq, event, stateHash, origin } = entry;
    const hash = chainHash(this.#hash, { seq, event }, stateHash);
    if (entry.hash !== hash) {
      this.problem(
        seq,
        origin.historyEventId,
        `the stored entry ${seq} was changed: its content does not give its hash`,
      );
    } else if (entry.seal !== sealOf(this.#seal, hash, origin)) {
      this.problem(
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

/** The record alone: what a store gives of a run has more in it. */
function recordOf({ runId, program, initialState, genesisHash, firstExecutionId, startedAtMs }: RunRecord): RunRecord {
  return { runId, program, initialState, genesisHash, firstExecutionId, startedAtMs };
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
