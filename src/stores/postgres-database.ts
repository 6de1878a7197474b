/**
 * A PostgreSQL database as a `SqlDatabase`: for any number of machines.
 *
 * Guarantees: a change is one transaction under a lock of its key, on disk when its promise resolves; serialization errors,
 * deadlocks and lost connections are retried for as long as the busy timeout says, but never when a transaction might be in
 * already: then it is `OutcomeUnknown`. Row-level security holds for every statement, whatever it says.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { KernelError, messageOf } from '../kernel/error';
import type { TenantId } from '../kernel/tenant';
import { isConnectionLost, isPassing, postgresFailure } from './postgres-failure';
import { Session, type SessionSettings } from './postgres-session';
import type { Change, SqlDatabase, StorePart } from './sql-database';
import type { StoreSchema } from './sql-schema';
import type { BoundStatement, RowsOf } from './sql-statement';

/** The longest pause between two attempts. */
const RETRY_PAUSE_MS_MAX = 100;

/** Builds statements for PostgreSQL. */
export function postgresBuilder(schema: string): Kysely<StoreSchema> {
  const kysely = new Kysely<StoreSchema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
  return kysely.withSchema(schema);
}

/** What a database is made of. */
export interface PostgresDatabaseParts {
  /** Pipelined connections: see `openPool`. */
  readonly pool: Pool;
  readonly place: string;
  readonly schema: string;
  readonly settings: SessionSettings;
}

export class PostgresDatabase implements SqlDatabase {
  readonly tenant: TenantId;
  readonly place: string;
  readonly build: Kysely<StoreSchema>;
  readonly #pool: Pool;
  readonly #schema: string;
  readonly #settings: SessionSettings;

  constructor({ pool, place, schema, settings }: PostgresDatabaseParts) {
    this.#pool = pool;
    this.place = place;
    this.tenant = settings.tenant;
    this.build = postgresBuilder(schema);
    this.#schema = schema;
    this.#settings = settings;
  }

  async read<Reads extends readonly BoundStatement[]>(...statements: readonly [...Reads]): Promise<RowsOf<Reads>> {
    return await this.#patiently(async (client) => {
      const results = await new Session(client, this.#settings).read(statements);
      return results.map(({ rows }) => rows as unknown[]) as unknown as RowsOf<Reads>;
    });
  }

  async change<Reads extends readonly BoundStatement[], T>({ key, reads, decide }: Change<Reads, T>): Promise<T> {
    return await this.#patiently(async (client) => {
      const session = new Session(client, this.#settings);
      const { writes, value } = await this.#decided(session, key, reads, decide);
      try {
        await session.commit(writes);
      } catch (error) {
        if (!isConnectionLost(error)) throw error;
        throw new KernelError(
          'OutcomeUnknown',
          `the connection to ${this.place} was lost while a transaction was being committed (${messageOf(error)}): read what ` +
            'is stored to see whether it is in',
          { cause: error },
        );
      }
      return value;
    });
  }

  failure(part: StorePart, task: string, error: unknown): KernelError {
    return postgresFailure(part, task, error);
  }

  async close(): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end();
  }

  async #decided<Reads extends readonly BoundStatement[], T>(
    session: Session,
    key: string,
    reads: readonly [...Reads],
    decide: Change<Reads, T>['decide'],
  ): Promise<ReturnType<Change<Reads, T>['decide']>> {
    try {
      const results = await session.begin(this.#lock(key), reads);
      return decide(results.map(({ rows }) => rows as unknown[]) as unknown as RowsOf<Reads>);
    } catch (error) {
      // Where even this fails the connection is gone, and the server undoes the transaction by itself.
      await session.rollback().catch(() => undefined);
      throw error;
    }
  }

  #lock(key: string): string {
    return `temporal-kernel ${this.#schema} ${JSON.stringify(this.tenant)} ${key}`;
  }

  async #patiently<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const deadlineMs = performance.now() + this.#settings.lockTimeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#withClient(work);
      } catch (error) {
        if (!isPassing(error) || performance.now() >= deadlineMs) throw error;
      }
      await pause(Math.random() * Math.min(attempt * 5, RETRY_PAUSE_MS_MAX));
    }
  }

  async #withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    if (this.#pool.ended) throw new Error('it is closed');
    const client = await this.#pool.connect();
    let broken: unknown = null;
    try {
      return await work(client);
    } catch (error) {
      broken = error;
      throw error;
    } finally {
      // A connection that may be in the middle of something is not for anybody else.
      client.release(isConnectionLost(broken) || isPassing(broken));
    }
  }
}
