/** What an exported run is to everything that reads runs: a store that holds it, and a source of its histories. */
import { decodeEvent, stepIdOf, type StoredLog } from '../kernel';
import { ExportedHistorySource, type HistorySource } from '../mirror';
import { MemoryStore } from '../stores/memory-store';
import type { RunExport } from './run-export';

/**
 * A store with the run in it, as the file has it, right or wrong.
 *
 * @throws KernelError for a log that no store takes: with a gap, of another run, with what is no event
 */
export async function storeOfExport(exported: RunExport): Promise<MemoryStore> {
  const { tenant, run, position } = exported;
  const store = new MemoryStore(tenant);
  const entries = exported.entries.map(({ seq, event: wire, ...entry }): StoredLog => {
    const event = decodeEvent(wire);
    return { threadId: run.runId, stepId: stepIdOf(event), eventIndex: seq, event, ...entry };
  });
  const snapshots = exported.snapshots.map((snapshot) => ({ runId: run.runId, ...snapshot }));
  await store.writeStep({ run, expectedHead: 0, entries, snapshots, position, expectedPosition: null });
  return store;
}

/**
 * The histories in the file; null when it has none.
 *
 * @throws KernelError `HistoryMismatch` for what is no history
 */
export function historiesOfExport({ histories }: RunExport): HistorySource | null {
  return histories.length === 0 ? null : new ExportedHistorySource(histories);
}
