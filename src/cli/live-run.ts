/** A run on the server, and a mirror that folds it into a store in memory, again and again for as long as somebody looks. */
import type { Client } from '@temporalio/client';
import type { RunId } from '../kernel';
import { HistoryDecoder, Mirror, ServerHistorySource, tenantOf, type HistorySource } from '../mirror';
import { MemoryStore } from '../stores/memory-store';
import type { Session } from './session';

export interface LiveRun {
  readonly client: Client;
  readonly source: HistorySource;
  readonly mirror: Mirror;
  readonly store: MemoryStore;
}

/**
 * A run's mirror. Nothing of its log is read yet.
 *
 * @param through what histories are to be read through
 * @throws KernelError `RunNotFound`; TerminalError without programs
 */
export async function liveRun(
  session: Session,
  runId: RunId,
  through: (source: HistorySource) => HistorySource = (source) => source,
): Promise<LiveRun> {
  // A history says what was scheduled, and only the program what that means.
  const programs = await session.programs('folding a history into a log');
  const client = await session.client();
  const server = new ServerHistorySource(client);
  const decoder = new HistoryDecoder(client.options.loadedDataConverter);
  const tenant = session.tenant ?? (await tenantOf(await server.startOf(runId), decoder));
  const source = through(server);
  const store = new MemoryStore(tenant);
  const dataConverter = await session.dataConverter();
  const mirror = new Mirror({ source, programs, store, ...(dataConverter === undefined ? {} : { dataConverter }) });
  return { client, source, mirror, store };
}
