/** What somebody would pick instead of us, each with the settings under which a finished step is on disk before the next begins. */
import { join } from 'node:path';
import { startPostgres, type Postgres } from '../postgres';
import { PeerProcess } from './peer-process';
import type { OpenPeer, Peer } from './peer';
import { fileOfPackage, versionOfPackage } from './peers-installation';
import { startRestate } from './restate-server';

const POSTGRES = 'PostgreSQL with its own settings (fsync and synchronous_commit on)';

const LANGGRAPH_NOT_MEASURED =
  'what goes on with the runs of a process that is gone: that is for whoever uses the library to write';

/** All of them; whatever they keep is in this folder, or in one that is removed with its server. */
export function otherPeers(folder: string): readonly Peer[] {
  return [
    {
      key: 'dbos',
      name: 'DBOS',
      durable: `the step's result is a row, committed by ${POSTGRES}`,
      notMeasured: 'workflows that wait in a queue for a worker: the process that starts one runs it',
      open: async () =>
        await withPostgres('dbos.mjs', ({ version }) => `${versionOfPackage('@dbos-inc/dbos-sdk')}, ${version}`),
    },
    {
      key: 'restate',
      name: 'Restate',
      durable:
        "the step's result is in the log of one node with its own settings (the log's write-ahead log is synced)",
      notMeasured: 'a cluster, which keeps each result on several nodes before the next step begins',
      open: async () => {
        const { ingressUrl, adminUrl, stop } = await startRestate(
          fileOfPackage(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`),
          join(folder, 'restate'),
        );
        const version = ['@restatedev/restate-sdk', '@restatedev/restate-server'].map(versionOfPackage).join(', ');
        return await withServer('restate.mjs', { ingressUrl, adminUrl }, version, stop);
      },
    },
    {
      key: 'langgraph-sqlite',
      name: 'LangGraph, SQLite',
      durable:
        "the step's writes and then a checkpoint are committed to a file (durability: 'sync', write-ahead log, synchronous = FULL)",
      notMeasured: LANGGRAPH_NOT_MEASURED,
      open: async () => {
        const version = ['@langchain/langgraph', '@langchain/langgraph-checkpoint-sqlite'].map(versionOfPackage);
        const settings = { file: join(folder, 'langgraph.db') };
        return await withServer('langgraph-sqlite.mjs', settings, version.join(', '), () => Promise.resolve());
      },
    },
    {
      key: 'langgraph-postgres',
      name: 'LangGraph, PostgreSQL',
      durable: `the step's writes and then a checkpoint are committed (durability: 'sync') by ${POSTGRES}`,
      notMeasured: LANGGRAPH_NOT_MEASURED,
      open: async () =>
        await withPostgres('langgraph-postgres.mjs', ({ version }) =>
          [...['@langchain/langgraph', '@langchain/langgraph-checkpoint-postgres'].map(versionOfPackage), version].join(
            ', ',
          ),
        ),
    },
  ];
}

/** A peer with a PostgreSQL of its own, so that none is slower for what another has left in it. */
async function withPostgres(module: string, versionOf: (postgres: Postgres) => string): Promise<OpenPeer> {
  const postgres = await startPostgres();
  return await withServer(module, { postgresUrl: postgres.url }, versionOf(postgres), postgres.stop);
}

async function withServer(
  module: string,
  settings: Readonly<Record<string, string>>,
  version: string,
  stopServer: () => Promise<void>,
): Promise<OpenPeer> {
  try {
    const peer = await PeerProcess.open(module, settings);
    return {
      version,
      takesMs: (load) => peer.takesMs(load),
      close: async () => {
        await peer.close();
        await stopServer();
      },
    };
  } catch (error) {
    await stopServer();
    throw error;
  }
}
