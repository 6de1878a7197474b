/**
 * LangGraph with its SQLite checkpointer. That sets a write-ahead log, and SQLite's driver is built so that such a file is not synced at a commit: hence
 * `synchronous = FULL`. The driver is the project's own, because nothing is compiled for the peers.
 */
import { createRequire } from 'node:module';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import { runsWith } from './langgraph-runs.mjs';

const Database = createRequire(new URL('../../../package.json', import.meta.url))('better-sqlite3');

export async function open({ file }) {
  const database = new Database(file);
  database.pragma('synchronous = FULL');
  return {
    run: runsWith(new SqliteSaver(database)),
    close: async () => {
      database.close();
    },
  };
}
