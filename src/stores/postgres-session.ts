/**
 * One transaction on one connection of the pool, for one tenant.
 *
 * The tenant is set for the transaction only (`set_config(…, true)`), with the statement that follows its BEGIN: so a
 * connection that goes back to a pool, ours or one in front of the server, takes no tenant with it. Statements that do not
 * wait for each other's answers travel together.
 */
import { createHash } from 'node:crypto';
import type { PoolClient, QueryResult } from 'pg';
import { KernelError } from '../kernel/error';
import { TENANT_SETTING } from './postgres-schema';
import type { BoundStatement } from './sql-statement';

/** For whom, and how, transactions run. */
export interface SessionSettings {
  readonly tenant: string;
  /** The role to step down to; null when the login role is held by row-level security as it is. */
  readonly role: string | null;
  /** How long a statement waits for a lock, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** Whether the server keeps statements by name: a pooler between may not be able to. */
  readonly namedStatements: boolean;
}

/** How a transaction begins. */
const READ = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
const WRITE = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';

const COMMIT: BoundStatement = { sql: 'COMMIT', values: [] };

/** Statements by text: equal names on one server must mean equal texts, whoever connects through whichever pooler. */
const names = new Map<string, string>();

export class Session {
  readonly #client: PoolClient;
  readonly #settings: SessionSettings;

  constructor(client: PoolClient, settings: SessionSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  /** Runs statements that only read, on one state of the database: the whole of a transaction. */
  async read(statements: readonly BoundStatement[]): Promise<QueryResult[]> {
    return (await this.#open(READ, null, [...statements, COMMIT])).slice(0, -1);
  }

  /**
   * Begins a transaction that writes, and runs its first statements.
   *
   * @param lock a text; nobody else is in a transaction with the same one until this one ends
   */
  async begin(lock: string, statements: readonly BoundStatement[]): Promise<QueryResult[]> {
    return await this.#open(WRITE, lock, statements);
  }

  /** Runs the last statements of the transaction. It is on disk when this returns. */
  async commit(statements: readonly BoundStatement[]): Promise<void> {
    const results = await this.#flight([...statements, COMMIT]);
    // A transaction that failed before would end here without being one.
    if (results.at(-1)?.command !== 'COMMIT') throw new Error('the server rolled the transaction back');
  }

  async rollback(): Promise<void> {
    await this.#client.query('ROLLBACK');
  }

  async #open(mode: string, lock: string | null, statements: readonly BoundStatement[]): Promise<QueryResult[]> {
    const [, prologue, ...results] = await this.#flight([
      { sql: mode, values: [] },
      this.#prologue(lock),
      ...statements,
    ]);
    assertDurable((prologue?.rows[0] as { synchronous_commit?: unknown }).synchronous_commit);
    return results;
  }

  /**
   * What every transaction begins with. It takes the lock too: the statements after it see all that the lock's last holder
   * committed, and this one reads no row. Locks that share a hash by chance wait for each other, and that is all.
   */
  #prologue(lock: string | null): BoundStatement {
    const { tenant, role, lockTimeoutMs } = this.#settings;
    const values = [tenant, `${lockTimeoutMs}ms`];
    const parts = [
      `set_config('${TENANT_SETTING}', $1, true)`,
      `set_config('lock_timeout', $2, true)`,
      `current_setting('synchronous_commit') AS synchronous_commit`,
    ];
    if (lock !== null) parts.push(`pg_advisory_xact_lock(hashtextextended($${values.push(lock)}, 0))`);
    if (role !== null) parts.push(`set_config('role', $${values.push(role)}, true)`);
    return { sql: `SELECT ${parts.join(', ')}`, values };
  }

  /** Sends statements together and waits for all answers; the first that failed tells why. */
  async #flight(statements: readonly BoundStatement[]): Promise<QueryResult[]> {
    const answers = await Promise.allSettled(
      inOnePiece(this.#client, () => statements.map((one) => this.#client.query(this.#queryOf(one)))),
    );
    return answers.map((answer) => {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    });
  }

  #queryOf({ sql, values }: BoundStatement): { text: string; values: unknown[]; name?: string } {
    const query = { text: sql, values: [...values] };
    return this.#settings.namedStatements ? { ...query, name: nameOf(sql) } : query;
  }
}

/** What a connection writes to, where the driver shows it. */
interface Corkable {
  readonly connection?: { readonly stream?: { readonly cork?: () => void; readonly uncork?: () => void } };
}

/** The driver writes each statement by itself: held back until the last, they are one packet and not ten. */
function inOnePiece<T>(client: PoolClient, send: () => T): T {
  const stream = (client as Corkable).connection?.stream;
  stream?.cork?.();
  try {
    return send();
  } finally {
    stream?.uncork?.();
  }
}

/** @throws KernelError `NotDurable` */
export function assertDurable(synchronousCommit: unknown): void {
  if (synchronousCommit !== 'off') return;
  throw new KernelError(
    'NotDurable',
    'PostgreSQL is set to synchronous_commit = off: it would acknowledge what a crash can lose. Set it to "on" where it was ' +
      'set: ALTER ROLE … RESET synchronous_commit, ALTER DATABASE … RESET synchronous_commit, postgresql.conf, or the URL',
  );
}

function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) {
    name = `temporal_kernel_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`;
    names.set(sql, name);
  }
  return name;
}
