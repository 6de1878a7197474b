/**
 * The log of one execution of a run, inside the sandbox. Hashes are made when somebody asks for them, not at every step: a
 * replay of a long run would otherwise pay for hashes that nobody reads.
 */
import { Chain, encodeEvent, eventText, type ChainedLog, type Entry, type Hash, type RunId, type Seq } from '../kernel';
import { LOG_PAGE_ENTRIES_MAX, LOG_PAGE_BYTES_MAX, type LogLine, type LogPage, type LogRequest } from '../protocol';

/** Collects entries; chains them when asked. */
export class RunLog {
  readonly #runId: RunId;
  readonly #firstSeq: Seq;
  readonly #chain: Chain;
  readonly #entries: Entry[] = [];
  readonly #chained: ChainedLog[] = [];

  /** @param previousHash the hash of the entry before the first one, or the genesis hash */
  constructor(runId: RunId, head: Seq, previousHash: Hash) {
    this.#runId = runId;
    this.#firstSeq = head + 1;
    this.#chain = new Chain(runId, previousHash);
  }

  add(entries: readonly Entry[]): void {
    this.#entries.push(...entries);
  }

  /** The hash that the chain stands at. */
  hash(): Hash {
    this.#chainUpTo(this.#entries.length);
    return this.#chain.hash;
  }

  page({ from = this.#firstSeq, limit = LOG_PAGE_ENTRIES_MAX }: LogRequest): LogPage {
    const start = Math.max(0, from - this.#firstSeq);
    const end = Math.min(start + Math.min(limit, LOG_PAGE_ENTRIES_MAX), this.#entries.length);
    const lines: LogLine[] = [];
    let bytes = 0;
    for (let index = start; index < end; index += 1) {
      bytes += utf8Length(eventText((this.#entries[index] as Entry).event));
      // One entry at least: it came through Temporal, so it fits into a message.
      if (bytes > LOG_PAGE_BYTES_MAX && index > start) break;
      this.#chainUpTo(index + 1);
      const entry = this.#chained[index] as ChainedLog;
      lines.push({
        seq: entry.eventIndex,
        event: encodeEvent(entry.event),
        state_hash: entry.stateHash,
        hash: entry.hash,
      });
    }
    const head = this.#firstSeq - 1 + this.#entries.length;
    return { runId: this.#runId, firstSeq: this.#firstSeq, head, entries: lines };
  }

  #chainUpTo(count: number): void {
    while (this.#chained.length < count) {
      this.#chained.push(this.#chain.add(this.#entries[this.#chained.length] as Entry));
    }
  }
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
