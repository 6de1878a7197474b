/**
 * The stores that are measured, each beside the bare driver on the same tables.
 *
 * The bare driver does by hand what somebody would write who needs just these rows: prepared statements, one transaction
 * for a batch, the event printed by `JSON.stringify`. It checks nothing: no head, no other writer, no event, no tenant. It
 * writes into the tables of the store, so triggers, keys and row-level security cost both the same.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Client } from 'pg';
import { encodeEvent, type Event } from '../../src/kernel';
import { PostgresStore, SqliteStore, type SqlStore } from '../../src/stores';
import { startPostgres } from '../postgres';
import { setting } from '../server/setting';

/** Whose rows they are. */
const TENANT = 'bench';

/** A row as the bare driver gives it. */
export interface RawRow {
  readonly seq: number;
  readonly event: string;
  readonly state_hash: string;
  readonly hash: string;
  readonly seal: string;
  readonly execution_id: string;
  readonly history_event_id: number;
  readonly time_ms: number;
}

/** The bare driver. */
export interface Raw {
  /** Writes events, in one transaction. */
  readonly append: (runId: string, firstSeq: number, events: readonly Event[]) => Promise<void>;
  /** Reads so many events from a seq on. */
  readonly events: (runId: string, from: number, limit: number) => Promise<readonly Pick<RawRow, 'seq' | 'event'>[]>;
  /** Reads so many entries from a seq on. */
  readonly page: (runId: string, from: number, limit: number) => Promise<readonly RawRow[]>;
}

/** A store with the bare driver beside it. */
export interface Place {
  readonly name: string;
  readonly version: string;
  readonly store: SqlStore;
  readonly raw: Raw;
  readonly close: () => Promise<void>;
}

/** As the bare driver is set up by whoever wants numbers for bigints. */
function parserOf(oid: number): (text: string) => unknown {
  return oid === 20 ? Number : (text) => text;
}

const PAGE = 'SELECT seq, event, state_hash, hash, seal, execution_id, history_event_id, time_ms FROM';

function textOf(event: Event): string {
  return JSON.stringify(encodeEvent(event));
}

/** A new SQLite file in a temporary directory. */
export async function sqlitePlace(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'temporal-kernel-bench-'));
  const path = join(directory, 'bench.db');
  const store = SqliteStore.open(path, { tenant: TENANT });
  const db = new Database(path);
  db.pragma('synchronous = FULL');
  const insert = db.prepare('INSERT INTO events (tenant_id, run_id, seq, event) VALUES (?, ?, ?, ?)');
  const page = db.prepare<[string, string, number, number], RawRow>(
    `${PAGE} events WHERE tenant_id = ? AND run_id = ? AND seq >= ? ORDER BY seq LIMIT ?`,
  );
  const eventPage = db.prepare<[string, string, number, number], RawRow>(
    'SELECT seq, event FROM events WHERE tenant_id = ? AND run_id = ? AND seq >= ? ORDER BY seq LIMIT ?',
  );
  const appendAll = db.transaction((runId: string, firstSeq: number, events: readonly Event[]) => {
    events.forEach((event, index) => insert.run(TENANT, runId, firstSeq + index, textOf(event)));
  });
  return {
    name: 'SQLite',
    version: `SQLite ${String(db.prepare('SELECT sqlite_version()').pluck().get())}`,
    store,
    raw: {
      append: (runId, firstSeq, events) => {
        appendAll.immediate(runId, firstSeq, events);
        return Promise.resolve();
      },
      events: (runId, from, limit) => Promise.resolve(eventPage.all(TENANT, runId, from, limit)),
      page: (runId, from, limit) => Promise.resolve(page.all(TENANT, runId, from, limit)),
    },
    close: async () => {
      db.close();
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** A schema of its own: in the database that DATABASE_URL names, or else on a server of our own. */
export async function postgresPlace(): Promise<Place> {
  const given = setting(process.env, 'DATABASE_URL');
  const own = given === undefined ? await startPostgres() : null;
  const url = given ?? own?.url ?? '';
  const schema = `temporal_kernel_bench_${process.pid}`;
  const store = await PostgresStore.open(url, { tenant: TENANT, schema });
  const client = new Client({ connectionString: url, types: { getTypeParser: parserOf } });
  await client.connect();
  await client.query(`SELECT set_config('temporal_kernel.tenant', $1, false)`, [TENANT]);
  const version = (await client.query<{ version: string }>(`SELECT current_setting('server_version') AS version`))
    .rows[0];
  return {
    name: 'PostgreSQL',
    version: `PostgreSQL ${version?.version ?? ''}`,
    store,
    raw: {
      append: async (runId, firstSeq, events) => {
        const rows = events.map((_, row) => `($1, $2, $${row * 2 + 3}, $${row * 2 + 4})`);
        const values = events.flatMap((event, index) => [firstSeq + index, textOf(event)]);
        const text = `INSERT INTO ${schema}.events (tenant_id, run_id, seq, event) VALUES ${rows.join(', ')}`;
        await client.query('BEGIN');
        await client.query({ name: `insert ${events.length}`, text, values: [TENANT, runId, ...values] });
        await client.query('COMMIT');
      },
      events: async (runId, from, limit) => {
        const text = `SELECT seq, event FROM ${schema}.events WHERE tenant_id = $1 AND run_id = $2 AND seq >= $3 ORDER BY seq LIMIT $4`;
        return (await client.query<RawRow>({ name: 'events', text, values: [TENANT, runId, from, limit] })).rows;
      },
      page: async (runId, from, limit) => {
        const text = `${PAGE} ${schema}.events WHERE tenant_id = $1 AND run_id = $2 AND seq >= $3 ORDER BY seq LIMIT $4`;
        const { rows } = await client.query<RawRow>({ name: 'page', text, values: [TENANT, runId, from, limit] });
        return rows;
      },
    },
    close: async () => {
      await store.close();
      await client.query(`DROP SCHEMA ${schema} CASCADE`);
      await client.end();
      await own?.stop();
    },
  };
}
