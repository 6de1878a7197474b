/**
 * Verification of a stored log by itself: no history, no program, no server. What a store gives must fold to its hashes.
 *
 * Guarantees: a changed byte, a missing or unreadable entry, a changed origin and a snapshot that is not the state of its
 * seq are found, and the first bad seq is named. It reads in pages, so a long log needs no more memory than a short one.
 * It can't find a log that was rewritten as a whole, hashes and all: for that there is the mirror's `verify`.
 */
import { isKernelError, KernelError, messageOf } from './error';
import { genesisHash, verifyChain, type ChainVerdict } from './execution-log';
import { hashOf, type Hash } from './hash';
import type { RunId, Seq } from './identity';
import { ownIdOf, sealOf, type LogStore, type StoredLog, type StoredRun } from './log-store';

/** Entries that are read from the store at once. */
const PAGE = 500;

/** A place that is wrong, and why. */
interface Fault {
  readonly seq: Seq;
  readonly reason: string;
}

/** What a part of the store gave, or why it could not be read. */
type Reading<T> = { readonly value: T } | { readonly fault: Fault };

/**
 * Verifies the stored log of a mirrored run: record, entries, chain, seals, snapshots.
 *
 * @returns the head and its hash, or the first seq that is wrong; 0 is the run's own record
 * @throws KernelError `RunNotFound` for a run that was never mirrored; a store's, when it can't be reached
 */
export async function verifyStoredChain(store: LogStore, runId: RunId): Promise<ChainVerdict> {
  const record = await reading(0, () => store.loadRun(runId));
  if ('value' in record && record.value === null) {
    throw new KernelError('RunNotFound', `run ${JSON.stringify(runId)} was never mirrored into this store`);
  }
  const run = 'value' in record ? record.value : null;
  const snapshots = await readSnapshots(store, runId);
  const chain = new StoredChain(run?.genesisHash ?? null, snapshots);
  const broken = (run === null ? null : faultOfRecord(run)) ?? ('fault' in record ? record.fault : null);
  if (broken !== null && run !== null) return { ok: false, ...broken };

  for (;;) {
    const page = await readPage(store, runId, chain.head + 1);
    const fault = chain.follow(page.entries) ?? page.fault;
    if (fault !== null) return { ok: false, ...fault };
    if (page.entries.length < PAGE) break;
  }
  // The entries can be read and the record can't: then it is the record that is wrong.
  if (run === null) return { ok: false, ...(broken ?? { seq: 0, reason: 'the run has no record' }) };
  return chain.end(run.head);
}

/** The chain as far as it was followed. */
class StoredChain {
  head: Seq = 0;
  #hash: Hash | null;
  #seal: Hash | null;
  readonly #snapshots: ReadonlyMap<Seq, Reading<Hash>>;

  /** @param genesis null when the record that has it can't be read: then the first entry is taken as it is */
  constructor(genesis: Hash | null, snapshots: ReadonlyMap<Seq, Reading<Hash>>) {
    this.#hash = genesis;
    this.#seal = genesis;
    this.#snapshots = snapshots;
  }

  follow(entries: readonly StoredLog[]): Fault | null {
    for (const entry of entries) {
      const fault = this.#faultOf(entry, this.head + 1);
      if (fault !== null) return fault;
      this.head += 1;
      this.#hash = entry.hash;
      this.#seal = entry.seal;
    }
    return null;
  }

  end(recordedHead: Seq): ChainVerdict {
    const { head } = this;
    if (head < recordedHead) return { ok: false, seq: head + 1, reason: `entry ${head + 1} is missing` };
    if (head > recordedHead) {
      return { ok: false, seq: recordedHead + 1, reason: `the run's record ends at ${recordedHead}` };
    }
    for (const [seq, snapshot] of this.#snapshots) {
      if (seq <= head) continue;
      // What can't be read does not say where it is: at the end at the latest.
      if ('fault' in snapshot) return { ok: false, seq: head, reason: snapshot.fault.reason };
      return { ok: false, seq, reason: `a snapshot is at ${seq}, beyond the log` };
    }
    return { ok: true, head, hash: this.#hash ?? '' };
  }

  #faultOf(entry: StoredLog, seq: Seq): Fault | null {
    if (this.#hash === null || this.#seal === null) return null;
    const link = verifyChain(this.#hash, [entry], seq);
    if (!link.ok) return { seq: link.seq, reason: link.reason };
    if (entry.seal !== sealOf(this.#seal, entry.hash, entry.origin)) {
      return { seq, reason: `entry ${seq} has a seal that its origin does not give` };
    }
    const snapshot = this.#snapshots.get(seq);
    if (snapshot === undefined) return null;
    if ('fault' in snapshot) return snapshot.fault;
    return snapshot.value === entry.stateHash ? null : { seq, reason: `the snapshot at ${seq} is another state` };
  }
}

function faultOfRecord(run: StoredRun): Fault | null {
  const { program, initialState, genesisHash: recorded } = run;
  const hash = genesisHash(ownIdOf(run), program, initialState);
  return hash === recorded ? null : { seq: 0, reason: `the run's record gives the genesis hash ${hash}` };
}

async function readPage(
  store: LogStore,
  runId: RunId,
  from: Seq,
): Promise<{ readonly entries: readonly StoredLog[]; readonly fault: Fault | null }> {
  const page = await reading(from, () => store.scanLog(runId, from, PAGE));
  if ('value' in page) return { entries: page.value, fault: null };
  // Somewhere in it is an entry that can't be read: one by one, the first of them is found.
  const entries: StoredLog[] = [];
  for (let seq = from; seq < from + PAGE; seq += 1) {
    const one = await reading(seq, () => store.scanLog(runId, seq, 1));
    if ('fault' in one) return { entries, fault: one.fault };
    entries.push(...one.value);
    if (one.value.length === 0) break;
  }
  return { entries, fault: page.fault };
}

/** The hash of every snapshot's state, by seq. */
async function readSnapshots(store: LogStore, runId: RunId): Promise<ReadonlyMap<Seq, Reading<Hash>>> {
  const hashes = new Map<Seq, Reading<Hash>>();
  for (let before = Number.MAX_SAFE_INTEGER; before >= 0;) {
    const upTo = before;
    const found = await reading(upTo, () => store.loadLatest(runId, upTo));
    if ('fault' in found) {
      hashes.set(found.fault.seq, found);
      before = found.fault.seq === upTo ? -1 : found.fault.seq - 1;
      continue;
    }
    if (found.value === null) break;
    hashes.set(found.value.atSeq, { value: hashOf(found.value.state) });
    before = found.value.atSeq - 1;
  }
  return hashes;
}

async function reading<T>(seq: Seq, read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    if (!isKernelError(error, 'LogCorrupt') && !isKernelError(error, 'SnapshotCorrupt')) throw error;
    return { fault: { seq: error.seq ?? seq, reason: messageOf(error) } };
  }
}
