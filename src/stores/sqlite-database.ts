/**
 * A SQLite file as a `SqlDatabase`: for one machine, any number of processes.
 *
 * Guarantees: a change is one IMMEDIATE transaction, run to its end in one turn of the event loop, so that two stores in
 * one process can't wait for each other; changes come in the order in which they were asked for. While another process
 * writes, a call waits without blocking the event loop, except for moments.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { KernelError } from '../kernel/error';
import type { TenantId } from '../kernel/tenant';
import type { Change, SqlDatabase, StorePart } from './sql-database';
import type { StoreSchema } from './sql-schema';
import type { BoundStatement, RowsOf } from './sql-statement';
import { isBusy, sqliteFailure } from './sqlite-failure';

/** The longest pause between two looks at a file that somebody else holds. */
const LOOK_AGAIN_MS_MAX = 20;

/** Builds statements for SQLite. */
export function sqliteBuilder(): Kysely<StoreSchema> {
  return new Kysely<StoreSchema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}

/** What a database is made of. */
export interface SqliteDatabaseParts {
  /** A handle from `openSqliteFile`. */
  readonly handle: Database.Database;
  readonly place: string;
  readonly tenant: TenantId;
  readonly busyTimeoutMs: number;
}

export class SqliteDatabase implements SqlDatabase {
  readonly tenant: TenantId;
  readonly place: string;
  readonly build = sqliteBuilder();
  readonly #handle: Database.Database;
  readonly #busyTimeoutMs: number;
  readonly #prepared = new Map<string, Database.Statement>();
  /** Settles when every change that was asked for so far is done. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor({ handle, place, tenant, busyTimeoutMs }: SqliteDatabaseParts) {
    this.#handle = handle;
    this.place = place;
    this.tenant = tenant;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  async read<Reads extends readonly BoundStatement[]>(...statements: readonly [...Reads]): Promise<RowsOf<Reads>> {
    return await this.#patiently(() => {
      const [first, ...more] = statements as readonly BoundStatement[];
      // One statement sees one state of the file by itself.
      if (first !== undefined && more.length === 0) return [this.#rows(first)] as unknown as RowsOf<Reads>;
      return this.#handle.transaction(() => this.#allRows<Reads>(statements)).deferred();
    });
  }

  async change<Reads extends readonly BoundStatement[], T>({ reads, decide }: Change<Reads, T>): Promise<T> {
    const run = (): T => {
      const { writes, value } = decide(this.#allRows<Reads>(reads));
      for (const { sql, values } of writes) this.#statement(sql).run(values);
      return value;
    };
    const done = this.#queue.then(() => this.#patiently(() => this.#handle.transaction(run).immediate()));
    this.#queue = done.catch(() => undefined);
    return await done;
  }

  failure(part: StorePart, task: string, error: unknown): KernelError {
    return sqliteFailure(part, task, error);
  }

  async close(): Promise<void> {
    await this.#queue;
    this.#handle.close();
  }

  #allRows<Reads extends readonly BoundStatement[]>(statements: readonly [...Reads]): RowsOf<Reads> {
    return statements.map((one) => this.#rows(one)) as unknown as RowsOf<Reads>;
  }

  #rows({ sql, values }: BoundStatement): unknown[] {
    return this.#statement(sql).all(values);
  }

  #statement(sql: string): Database.Statement {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      prepared = this.#handle.prepare(sql);
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }

  /** Nobody can be waited for inside SQLite for long: a writer that is a store of this process needs the event loop. */
  async #patiently<T>(work: () => T): Promise<T> {
    const deadlineMs = performance.now() + this.#busyTimeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadlineMs) throw error;
      }
      // Not the same for everybody, so that those who wait do not all come back at once.
      await pause(Math.random() * Math.min(attempt, LOOK_AGAIN_MS_MAX));
    }
  }
}
