/**
 * An execution event store on a SQL database, beside the log store of the same tenant.
 *
 * Guarantees: every statement names the store's tenant; what can't be read back is named by its sequence; long reads go page
 * by page. It must not know which database it is on.
 */
import { sql, type Kysely } from 'kysely';
import { KernelError, messageOf } from '../kernel/error';
import type { TenantId } from '../kernel/tenant';
import type { ExecutionId, Sequence } from '../records/execution-events/execution-event';
import {
  assertExpectedSequence,
  checkedBatch,
  checkedEventLimit,
  checkedExecutionId,
  checkedListing,
  checkedSequence,
} from '../records/execution-events/execution-event-input';
import type { ExecutionEventStore } from '../records/execution-events/execution-event-store';
import { executionEventText, parseExecutionEventText } from '../records/execution-events/execution-event-wire';
import type { NewExecutionEvent, StoredExecutionEvent } from '../records/execution-events/stored-execution-event';
import { isTimestampMs } from '../records/execution-events/timestamp';
import { bulkInsert, type BulkInsert } from './sql-bulk-insert';
import type { SqlDatabase } from './sql-database';
import type { ExecutionEventTable, StoreSchema } from './sql-schema';
import { statement, type BoundStatement, type Statement } from './sql-statement';

/** Rows that are read at once. */
const PAGE_ROWS = 500;

interface ExecutionKey {
  readonly tenant: TenantId;
  readonly executionId: ExecutionId;
}

interface PageKey extends ExecutionKey {
  readonly after: Sequence;
  readonly limit: number;
}

interface ListingKey {
  readonly tenant: TenantId;
  readonly limit: number;
  readonly offset: number;
}

type EventRow = Pick<ExecutionEventTable, 'sequence' | 'event' | 'timestamp_ms'>;

interface Statements {
  readonly latest: Statement<ExecutionKey, { readonly latest: Sequence | null }>;
  readonly count: Statement<ExecutionKey, { readonly count: number }>;
  readonly page: Statement<PageKey, EventRow>;
  readonly listing: Statement<ListingKey, Pick<ExecutionEventTable, 'execution_id'>>;
  readonly insert: BulkInsert<ExecutionEventTable>;
}

/** Keeps one tenant's execution events in a SQL database. Payloads given to it are frozen in place. */
export class SqlExecutionEventStore implements ExecutionEventStore {
  readonly #database: SqlDatabase;
  readonly #statements: Statements;

  /** @param store a store on the database, opened for the tenant: whoever opened it closes it */
  constructor({ database }: { readonly database: SqlDatabase }) {
    this.#database = database;
    this.#statements = statements(database.build);
  }

  /** The tenant that the store was opened for. */
  get tenant(): TenantId {
    return this.#database.tenant;
  }

  /**
   * Appends an event: see {@link ExecutionEventStore.append}.
   *
   * @throws KernelError as `appendBatch`
   */
  async append(
    executionId: ExecutionId,
    event: NewExecutionEvent,
    expectedSequence: Sequence | null = null,
  ): Promise<Sequence> {
    return await this.appendBatch(executionId, [event], expectedSequence);
  }

  /**
   * Appends all events or none: see {@link ExecutionEventStore.appendBatch}.
   *
   * @throws KernelError `HeadConflict`, `InvalidEvent`, `InvalidRunId`; `EventStore` for a batch that is empty or too large;
   *   `StoreBusy`, `OutcomeUnknown` or `EventStore` when the database can't be written
   */
  async appendBatch(
    executionId: ExecutionId,
    events: readonly NewExecutionEvent[],
    expectedSequence: Sequence | null = null,
  ): Promise<Sequence> {
    return await this.#attempt('append to', executionId, async (key) => {
      // Printed before the transaction, so that other writers wait for the disk only.
      const rows = checkedBatch(events).map(({ event, timestampMs }) => {
        return { event: executionEventText(event), timestamp_ms: timestampMs };
      });
      return await this.#database.change({
        key: `execution ${executionId}`,
        reads: [this.#statements.latest(key)],
        decide: ([[row]]) => {
          const latest = row?.latest ?? 0;
          assertExpectedSequence(executionId, expectedSequence, latest);
          return { writes: this.#inserts(key, latest + 1, rows), value: latest + 1 };
        },
      });
    });
  }

  /**
   * All events of an execution, ascending.
   *
   * @throws KernelError `LogCorrupt` naming the sequence of an event that is missing or can't be read; `EventStore` when the
   *   database can't be read; `InvalidRunId`
   */
  async loadEvents(executionId: ExecutionId): Promise<readonly StoredExecutionEvent[]> {
    return await this.loadEventsAfter(executionId, 0);
  }

  /**
   * The events after a sequence (exclusive), ascending, at most `limit`.
   *
   * @throws KernelError as `loadEvents`; `EventStore` for a sequence or limit that is none
   */
  async loadEventsAfter(
    executionId: ExecutionId,
    afterSequence: Sequence,
    limit?: number,
  ): Promise<readonly StoredExecutionEvent[]> {
    return await this.#attempt('load', executionId, async (key) => {
      const after = checkedSequence(afterSequence);
      const most = checkedEventLimit(limit) ?? Number.MAX_SAFE_INTEGER;
      const events: StoredExecutionEvent[] = [];
      while (events.length < most) {
        const asked = Math.min(PAGE_ROWS, most - events.length);
        const page = this.#statements.page({ ...key, after: after + events.length, limit: asked });
        const [rows] = await this.#database.read(page);
        for (const row of rows) events.push(readEvent(key, after + events.length + 1, row));
        if (rows.length < asked) break;
      }
      return events;
    });
  }

  /**
   * The latest sequence; null when there is no such execution.
   *
   * @throws KernelError `EventStore` when the database can't be read; `InvalidRunId`
   */
  async getLatestSequence(executionId: ExecutionId): Promise<Sequence | null> {
    return await this.#attempt('read the latest sequence of', executionId, async (key) => {
      const [[row]] = await this.#database.read(this.#statements.latest(key));
      return row?.latest ?? null;
    });
  }

  /**
   * Whether there is such an execution.
   *
   * @throws KernelError as `getLatestSequence`
   */
  async executionExists(executionId: ExecutionId): Promise<boolean> {
    return (await this.getLatestSequence(executionId)) !== null;
  }

  /**
   * The tenant's executions, newest first: see {@link ExecutionEventStore.listExecutions}.
   *
   * @throws KernelError `EventStore` for a limit or offset that is none, a limit beyond the bound, or when the database can't
   *   be read
   */
  async listExecutions(limit: number, offset: number): Promise<readonly ExecutionId[]> {
    try {
      const listing = this.#statements.listing({ tenant: this.tenant, ...checkedListing(limit, offset) });
      const [rows] = await this.#database.read(listing);
      return rows.map(({ execution_id: executionId }) => executionId);
    } catch (error) {
      throw this.#database.failure('EventStore', `list the executions in ${this.#database.place}`, error);
    }
  }

  /**
   * How many events an execution has. They are counted: a lost one is not taken to be there.
   *
   * @throws KernelError `EventStore` when the database can't be read; `InvalidRunId`
   */
  async countEvents(executionId: ExecutionId): Promise<number> {
    return await this.#attempt('count the events of', executionId, async (key) => {
      const [[row]] = await this.#database.read(this.#statements.count(key));
      return row?.count ?? 0;
    });
  }

  #inserts(
    { tenant, executionId }: ExecutionKey,
    first: Sequence,
    rows: readonly Pick<ExecutionEventTable, 'event' | 'timestamp_ms'>[],
  ): readonly BoundStatement[] {
    const key = { tenant_id: tenant, execution_id: executionId };
    return this.#statements.insert(rows.map((row, index) => ({ ...key, sequence: first + index, ...row })));
  }

  async #attempt<T>(task: string, executionId: ExecutionId, work: (key: ExecutionKey) => Promise<T>): Promise<T> {
    try {
      return await work({ tenant: this.tenant, executionId: checkedExecutionId(executionId) });
    } catch (error) {
      const doing = `${task} execution ${JSON.stringify(executionId)} in ${this.#database.place}`;
      throw this.#database.failure('EventStore', doing, error);
    }
  }
}

/** The event of a row that must have a sequence. */
function readEvent({ tenant, executionId }: ExecutionKey, sequence: Sequence, row: EventRow): StoredExecutionEvent {
  const place = `execution ${JSON.stringify(executionId)} at sequence ${sequence}`;
  if (row.sequence !== sequence) throw new KernelError('LogCorrupt', `${place} is missing`, { seq: sequence });
  try {
    if (!isTimestampMs(row.timestamp_ms)) throw new KernelError('InvalidEvent', `the time ${row.timestamp_ms} is none`);
    const event = parseExecutionEventText(row.event);
    return Object.freeze({ sequence, executionId, tenantId: tenant, event, timestampMs: row.timestamp_ms });
  } catch (error) {
    const reason = `${place} can't be read: ${messageOf(error)}`;
    throw new KernelError('LogCorrupt', reason, { cause: error, seq: sequence });
  }
}

/** Built once per store. Each names its tenant: row-level security stands behind that, where a database has it. */
function statements(db: Kysely<StoreSchema>): Statements {
  return {
    latest: statement((key: ExecutionKey) =>
      db
        .selectFrom('execution_events')
        .select('sequence as latest')
        .where('tenant_id', '=', key.tenant)
        .where('execution_id', '=', key.executionId)
        .orderBy('sequence', 'desc')
        .limit(1),
    ),

    count: statement((key: ExecutionKey) =>
      db
        .selectFrom('execution_events')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('tenant_id', '=', key.tenant)
        .where('execution_id', '=', key.executionId),
    ),

    page: statement((key: PageKey) =>
      db
        .selectFrom('execution_events')
        .select(['sequence', 'event', 'timestamp_ms'])
        .where('tenant_id', '=', key.tenant)
        .where('execution_id', '=', key.executionId)
        .where('sequence', '>', key.after)
        .orderBy('sequence')
        .limit(key.limit),
    ),

    listing: statement((key: ListingKey) =>
      db
        .selectFrom('execution_events')
        .select('execution_id')
        .where('tenant_id', '=', key.tenant)
        // Said literally, so that both databases use the index of first events.
        .where('sequence', '=', sql.lit(1))
        .orderBy('timestamp_ms', 'desc')
        .orderBy('execution_id', 'desc')
        .limit(key.limit)
        .offset(key.offset),
    ),

    insert: bulkInsert<ExecutionEventTable>(db, 'execution_events', [
      'tenant_id',
      'execution_id',
      'sequence',
      'event',
      'timestamp_ms',
    ]),
  };
}
