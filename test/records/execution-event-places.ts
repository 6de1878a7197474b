/** Places for execution event stores: where the contract and the properties are held against real ones. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryExecutionEventStore } from '../../src/records';
import { SqlExecutionEventStore, SqliteStore, type PostgresStore } from '../../src/stores';
import type { ExecutionEventPlace } from '../../src/testing';
import type { PostgresForTests } from '../stores/postgres-place';

/** A place that can close what is open and go on: a server has only so many connections. */
export interface RestingPlace extends ExecutionEventPlace {
  readonly closeAll: () => Promise<void>;
}

/** A new memory. */
export function memoryPlace(): RestingPlace {
  const root = new MemoryExecutionEventStore();
  return { open: (tenant) => root.forTenant(tenant), closeAll: () => Promise.resolve() };
}

/** A new SQLite file; every store has a handle of its own. */
export async function sqlitePlace(): Promise<RestingPlace & { readonly path: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-events-'));
  const path = join(directory, 'events.db');
  const opened: SqliteStore[] = [];
  const closeAll = async (): Promise<void> => {
    for (const store of opened.splice(0)) await store.close();
  };
  return {
    path,
    closeAll,
    open: (tenant) => {
      const store = SqliteStore.open(path, { tenant });
      opened.push(store);
      return new SqlExecutionEventStore(store);
    },
    remove: async () => {
      await closeAll();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

let schemas = 0;

/** A new schema in PostgreSQL; every store has a connection of its own. */
export function postgresPlace(postgres: PostgresForTests): RestingPlace {
  const schema = `${postgres.schema}_r${(schemas += 1)}`;
  const opened: PostgresStore[] = [];
  const closeAll = async (): Promise<void> => {
    for (const store of opened.splice(0)) await store.close();
  };
  return {
    closeAll,
    open: async (tenant) => {
      const store = await postgres.open({ tenant, schema, connections: 1 });
      opened.push(store);
      return new SqlExecutionEventStore(store);
    },
    remove: async () => {
      await closeAll();
      await postgres.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    },
  };
}
