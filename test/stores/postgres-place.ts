/**
 * A PostgreSQL for the tests of one file: the one that DATABASE_URL names, in a schema of its own that is dropped afterwards,
 * or else a server of our own.
 */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { StorePlace } from '../../src/testing';
import { PostgresStore, type PostgresStoreOptions } from '../../src/stores';
import { startPostgres, type Postgres } from '../../tools/postgres';

type OpenOptions = PostgresStoreOptions & { readonly url?: string };

export class PostgresForTests {
  /** Null when somebody else runs it. */
  readonly own: Postgres | null;
  readonly url: string;
  /** The URL of a role that may look at and change everything, as far as there is one. */
  readonly superuserUrl: string;
  readonly schema: string;
  #places = 0;

  private constructor(own: Postgres | null, url: string) {
    this.own = own;
    this.url = own?.url ?? url;
    this.superuserUrl = own?.superuserUrl ?? url;
    this.schema = own === null ? `temporal_kernel_test_${randomBytes(6).toString('hex')}` : 'temporal_kernel';
  }

  static async start(): Promise<PostgresForTests> {
    const url = process.env['DATABASE_URL'] ?? '';
    return new PostgresForTests(url === '' ? await startPostgres() : null, url);
  }

  /** Starts a server of our own whatever DATABASE_URL says: for tests that kill it, or set it up badly. */
  static async startOwn(): Promise<PostgresForTests> {
    return new PostgresForTests(await startPostgres(), '');
  }

  async open({ url = this.url, ...options }: OpenOptions = {}): Promise<PostgresStore> {
    return await PostgresStore.open(url, { schema: this.schema, ...options });
  }

  /** An empty place: a schema that nobody else has. */
  place(options: OpenOptions = {}): StorePlace {
    const schema = `${this.schema}_${(this.#places += 1)}`;
    return {
      open: (tenant) => this.open({ ...options, tenant, schema }),
      remove: () => this.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`),
    };
  }

  /** Runs statements as an outsider would, with no store in between. */
  async query(
    sql: string,
    values: unknown[] = [],
    url = this.superuserUrl,
  ): Promise<readonly Record<string, unknown>[]> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Leaves nothing behind, on a server that somebody else runs either. */
  async stop(): Promise<void> {
    if (this.own !== null) {
      await this.own.stop();
      return;
    }
    const made = 'SELECT nspname FROM pg_namespace WHERE starts_with(nspname, $1)';
    for (const { nspname } of await this.query(made, [this.schema])) {
      await this.query(`DROP SCHEMA ${String(nspname)} CASCADE`);
    }
  }
}
