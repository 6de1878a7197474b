/** A stored log, and the histories that it was folded from, as one value that can be written to a file. */
import {
  encodeEvent,
  KernelError,
  type Json,
  type LogStore,
  type RunId,
  type Snapshot,
  type StoredLog,
} from '../kernel';
import { RUN_EXPORT_FORMAT, RUN_EXPORT_VERSION, type RunExport } from './run-export';

/** Entries that are read from a store at once. */
const PAGE = 500;

/** Entries that one file can have. */
export const EXPORTED_ENTRIES_MAX = 1_000_000;

/**
 * Exports a run.
 *
 * @param histories the histories of its executions, as Temporal exports them; none where nobody has them any more
 * @throws KernelError `RunNotFound` for a run that is not in the store; `Driver` for one that is too long for a file
 */
export async function exportRun(store: LogStore, runId: RunId, histories: readonly unknown[] = []): Promise<RunExport> {
  const stored = await store.loadRun(runId);
  if (stored === null) throw new KernelError('RunNotFound', `run ${runId} is not in the store`);
  const { head, position, ...run } = stored;
  if (head > EXPORTED_ENTRIES_MAX) {
    throw new KernelError('Driver', `run ${runId} has ${head} entries: a file takes ${EXPORTED_ENTRIES_MAX}`);
  }
  const entries: StoredLog[] = [];
  while (entries.length < head) {
    const page = await store.scanLog(runId, entries.length + 1, Math.min(PAGE, head - entries.length));
    if (page.length === 0) break;
    entries.push(...page);
  }
  return {
    format: RUN_EXPORT_FORMAT,
    formatVersion: RUN_EXPORT_VERSION,
    tenant: store.tenant,
    run,
    head,
    hash: entries.at(-1)?.hash ?? run.genesisHash,
    position,
    entries: entries.map(({ eventIndex, event, stateHash, hash, seal, origin }) => {
      return { seq: eventIndex, event: encodeEvent(event), stateHash, hash, seal, origin };
    }),
    snapshots: (await snapshotsOf(store, runId)).map(({ atSeq, state }) => ({ atSeq, state })),
    histories: histories as readonly Json[],
  };
}

/** Every snapshot of a run, the earliest first. */
async function snapshotsOf(store: LogStore, runId: RunId): Promise<readonly Snapshot[]> {
  const snapshots: Snapshot[] = [];
  for (let snapshot = await store.loadLatest(runId); snapshot !== null;) {
    snapshots.unshift(snapshot);
    if (snapshot.atSeq === 0) break;
    snapshot = await store.loadLatest(runId, snapshot.atSeq - 1);
  }
  return snapshots;
}
